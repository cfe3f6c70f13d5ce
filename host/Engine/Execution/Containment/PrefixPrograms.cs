using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The programs that can stand before a command's, found once; null where the system lacks one.</summary>
internal sealed record PrefixPrograms
{
    public string? Bubblewrap { get; init; }

    public string? SetSid { get; init; }

    public string? SetPriv { get; init; }

    public string? PrLimit { get; init; }

    /// <summary>Finds them on a search path; all null elsewhere than on Linux.</summary>
    public static PrefixPrograms Find(string? searchPath)
    {
        return OperatingSystem.IsLinux()
            ? new PrefixPrograms { Bubblewrap = Find("bwrap"), SetSid = Find("setsid"), SetPriv = Find("setpriv"), PrLimit = Find("prlimit") }
            : new PrefixPrograms();

        string? Find(string name) => ProgramPath.Find(name, searchPath) is { IsExecutable: true } found ? found.Path : null;
    }
}
