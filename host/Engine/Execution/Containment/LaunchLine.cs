using System.Globalization;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>What is started for an approved command: its own program and arguments behind those of at most three prefix programs.</summary>
/// <param name="Program">The absolute path of the first program.</param>
/// <param name="Arguments">All that follows it.</param>
internal sealed record LaunchLine(string Program, IReadOnlyList<string> Arguments)
{
    /// <param name="command">The command.</param>
    /// <param name="confinement">How it is confined.</param>
    /// <param name="programs">The prefix programs of this system; those that the confinement needs are there.</param>
    /// <param name="host">What it may not see.</param>
    /// <param name="workFolder">The attempt's own folder.</param>
    public static LaunchLine Of(ApprovedCommand command, Confinement confinement, PrefixPrograms programs, HostFiles host, string workFolder)
    {
        var secretFolder = command.SecretFiles.Count == 0 ? null : ProgramPath.InRealFolder(Path.GetDirectoryName(command.SecretFiles.First().Key)!); // A file's path always has a folder.
        string[] line = [.. Prefix(confinement, programs, host, workFolder, secretFolder, command.WorkingDirectory), command.Program, .. command.Arguments];
        return new LaunchLine(line[0], line[1..]);
    }

    /// <summary>The prefix programs with their arguments, in order.</summary>
    public static IEnumerable<string> Prefix(
        Confinement confinement, PrefixPrograms programs, HostFiles host, string workFolder, string? secretFolder, string workingDirectory) =>
    [
        .. confinement.Rung switch
        {
            Rung.Namespace => Namespace(confinement, programs, host, workFolder, secretFolder, workingDirectory),
            Rung.Session => Session(programs),
            _ => [],
        },
        .. Limits(confinement, programs),
        .. User(confinement, programs),
    ];

    /// <summary>The prefix of a session and process group of its own; without <c>setpriv</c> it is no more than that.</summary>
    /// <remarks>The parent-death signal outlives the change of the program, and a child of .NET leads no group, so that setsid need not fork.</remarks>
    public static IEnumerable<string> Session(PrefixPrograms programs)
    {
        if (programs.SetPriv is { } privileges)
            return [privileges, "--pdeathsig", "KILL", "--no-new-privs", "--inh-caps=-all", .. DropCapabilities, "--", programs.SetSid!];
        return [programs.SetSid!]; // The session rung stands only with it.
    }

    /// <summary>Finds out whether a prefix program ended because it could not become the next program.</summary>
    /// <returns>What it said, or null when it was the command that ended.</returns>
    public static string? StartFailure(int exitCode, IReadOnlyList<string> lines)
    {
        // The codes and lines of util-linux, BusyBox and bubblewrap. A command that imitates them fails its own job only.
        if (lines is not [var line])
            return null;
        var failed = exitCode is 126 or 127 ? new[] { "setsid: ", "setpriv: ", "prlimit: " } : exitCode == 1 ? ["bwrap: ", "prlimit: failed to set "] : [];
        return failed.Any(said => line.StartsWith(said, StringComparison.Ordinal)) ? line[(line.IndexOf(' ') + 1)..] : null;
    }

    private static IEnumerable<string> Namespace(
        Confinement confinement, PrefixPrograms programs, HostFiles host, string workFolder, string? secretFolder, string workingDirectory) =>
        BubblewrapArguments.Of(confinement, host, ProgramPath.InRealFolder(workFolder), secretFolder, workingDirectory)
            .Prepend(programs.Bubblewrap!); // The namespace rung stands only with it.

    // Root loses them with the change of the program; others have none, and may not change the set.
    private static string[] DropCapabilities => Environment.IsPrivilegedProcess ? ["--bounding-set=-all"] : [];

    private static IEnumerable<string> Limits(Confinement confinement, PrefixPrograms programs)
    {
        var limits = confinement.ProcessLimits;
        string[] options =
        [
            .. Option("data", limits.MemoryBytes),
            .. Option("cpu", (long?)limits.CpuTime?.TotalSeconds),
            .. Option("nofile", limits.OpenFiles),
            .. Option("nproc", limits.Processes),
            .. Option("fsize", limits.FileSizeBytes),
        ];
        return options.Length == 0 || programs.PrLimit is null ? [] : [programs.PrLimit, .. options, "--"];
    }

    // Groups are those of the user; what it may do besides has gone with the change.
    private static IEnumerable<string> User(Confinement confinement, PrefixPrograms programs) => confinement.User is { } user
        ? [programs.SetPriv!, $"--reuid={user}", $"--regid={UserAccount.Find(user)!.Value.Group}", "--init-groups", "--"] // The policy has checked both.
        : [];

    private static string[] Option(string name, long? value) =>
        value is null ? [] : [string.Create(CultureInfo.InvariantCulture, $"--{name}={value}:{value}")];
}
