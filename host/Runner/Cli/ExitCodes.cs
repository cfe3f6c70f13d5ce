namespace DelphiRunner.Runner.Cli;

/// <summary>The exit codes of <c>delphi-runner</c>; those from 64 are named as in BSD's <c>sysexits.h</c>.</summary>
internal static class ExitCodes
{
    /// <summary>The command did what it was asked to.</summary>
    public const int Ok = 0;

    /// <summary>The command worked, but what it looked at or ran is not as it should be: a demo job failed, a plugin is quarantined, a store lacks an index, a copy left rows out.</summary>
    public const int Failed = 1;

    /// <summary>EX_USAGE: the command line itself is wrong.</summary>
    public const int Usage = 64;

    /// <summary>EX_DATAERR: what was given to the command cannot be used: a file that is no row, a configuration that is no JSON, an id that is taken, a source of a copy with running jobs.</summary>
    public const int BadData = 65;

    /// <summary>EX_NOINPUT: there is no such job or file.</summary>
    public const int NotFound = 66;

    /// <summary>EX_UNAVAILABLE: the store cannot be reached, opened, read or written, or the state folder belongs to another host.</summary>
    public const int StoreUnavailable = 69;

    /// <summary>EX_SOFTWARE: a fault of the program.</summary>
    public const int Internal = 70;

    /// <summary>EX_CONFIG: no configuration, a wrong one, or a plugins folder that cannot be used.</summary>
    public const int Configuration = 78;
}
