using System.Globalization;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The arguments of <c>bwrap</c> for one attempt. The environment is never among them: arguments can be read by everybody.</summary>
internal static class BubblewrapArguments
{
    private static readonly string[] CapabilitiesOfChange = ["CAP_DAC_READ_SEARCH", "CAP_SETUID", "CAP_SETGID"];

    // Whose files belong to the host's user: by them a command could kill others and the host, and lift its own limits.
    private const string ControlGroupFolder = "/sys/fs/cgroup";

    private const string SharedMemory = "/dev/shm";

    /// <param name="confinement">What the command may see.</param>
    /// <param name="host">What it may not.</param>
    /// <param name="workFolder">The real path of the attempt's own folder.</param>
    /// <param name="secretFolder">The folder of the secrets that the attempt gets as files, or null.</param>
    /// <param name="workingDirectory">Where the command begins.</param>
    /// <exception cref="IOException">Where a path leads cannot be told.</exception>
    public static IEnumerable<string> Of(Confinement confinement, HostFiles host, string workFolder, string? secretFolder, string workingDirectory)
    {
        var isStrict = confinement.Profile == SandboxProfile.Strict;
        return
        [
            .. isStrict ? StrictView(confinement.Strict) : ["--dev-bind", "/", "/", "--proc", "/proc", "--ro-bind-try", ControlGroupFolder, ControlGroupFolder],
            // Behind what the operator opens, which may lie around what is the host's.
            .. CoverHost(host, workFolder),
            .. host.FindOutside().SelectMany(CoverFile),
            .. host.SecretFolder is { } secrets ? CoverSecrets(secrets, secretFolder) : [],
            // Of the session that bubblewrap makes its own init is the leader, which ignores what it is sent: a signal to the group reaches
            // the command as one by 'setsid' would, and costs no program more.
            "--unshare-pid", "--new-session", "--die-with-parent", "--cap-drop", "ALL",
            // To go to the other user's folder and become that user, at which the kernel takes them away.
            .. confinement.User is null ? [] : CapabilitiesOfChange.SelectMany(name => new[] { "--cap-add", name }),
            .. isStrict ? Unshare(confinement.Strict) : [],
            "--chdir", workingDirectory,
            "--",
        ];
    }

    private static IEnumerable<string> StrictView(StrictOptions options)
    {
        List<string> privateFolders = [.. PrivateFolders(options.Network)];
        return
        [
            // What is written to a folder in memory counts as nobody's memory where no controller counts it, so that each has a size.
            "--ro-bind", "/", "/", "--dev", "/dev", .. Private(SharedMemory, options), "--remount-ro", "/dev", "--proc", "/proc",
            .. privateFolders.SelectMany(path => Private(path, options)),
            .. new OpenedPaths(options, [SharedMemory, .. privateFolders]).Arguments(),
        ];
    }

    // By their real paths, since bubblewrap mounts nothing where an absolute link stands.
    private static IEnumerable<string> PrivateFolders(bool hasNetwork)
    {
        // Sockets of services are reached by a path, without a network.
        string[] folders = ["/tmp", "/var/tmp", Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), .. hasNetwork ? Array.Empty<string>() : ["/run"]];
        // The home of who has none is '/', which would hide everything.
        return folders.Select(ProgramPath.TryResolve).OfType<string>().Where(path => path != "/" && Directory.Exists(path)).Distinct();
    }

    private static IEnumerable<string> Private(string folder, StrictOptions options) =>
        [.. options.PrivateBytes is { } bytes ? ["--size", bytes.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(), .. Cover(folder)];

    private static IEnumerable<string> Unshare(StrictOptions options) =>
        ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", .. options.Network ? Array.Empty<string>() : ["--unshare-net"]];

    private static IEnumerable<string> CoverHost(HostFiles host, string workFolder) =>
    [
        .. Cover(host.State),
        "--ro-bind-try", host.Plugins, host.Plugins,
        // By default bubblewrap makes what leads to a folder for its owner alone, who may be another.
        .. Path.GetDirectoryName(workFolder) is { } above && above.StartsWith(host.State, StringComparison.Ordinal) ? new[] { "--dir", above } : [],
        .. Bind("--bind", workFolder),
        // To be covered by itself.
        .. host.SecretFolder is { } secrets && secrets.StartsWith(host.State + '/', StringComparison.Ordinal) ? ["--dir", secrets] : Array.Empty<string>(),
        // What is written beside the work folder would be lost, and would take memory until then.
        "--remount-ro", host.State,
    ];

    // A device cannot be opened where devices are not allowed, so that this is no empty file but none that can be read.
    private static string[] CoverFile(string file) => ["--ro-bind", "/dev/null", file];

    // Also of a command that gets none, since others' are in it.
    private static IEnumerable<string> CoverSecrets(string folder, string? own) =>
        [.. Cover(folder), .. own is null ? [] : Bind("--ro-bind", own), "--remount-ro", folder];

    private static string[] Cover(string folder) => ["--tmpfs", folder];

    private static string[] Bind(string how, string path) => [how, path, path];
}
