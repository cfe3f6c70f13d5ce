using System.Globalization;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>Decides how the commands of a job type run on this machine: never less confined than the operator demands, and never silently.</summary>
/// <param name="ladder">The rungs that the machine has.</param>
/// <param name="mode">The key <c>execution.sandbox</c>.</param>
/// <param name="writable">What the job types with <c>strict</c> let their commands write.</param>
internal sealed class ConfinementPolicy(ContainmentLadder ladder, SandboxMode mode, IReadOnlyList<string> writable)
{
    private static readonly string Install = OperatingSystem.IsLinux() ? "Install bubblewrap, and let this user make namespaces" : "Run the host on Linux with bubblewrap";

    private readonly bool _isRoot = Environment.IsPrivilegedProcess;

    /// <exception cref="ConfinementException">What the operator demands is not to be had.</exception>
    public Confinement Decide(ConfinementOptions options)
    {
        var rung = RungFor(options, out var weaker);
        CheckUser(options.User, rung);
        if (options.Sandbox == SandboxProfile.Strict)
            OpenedPaths.RefuseLinksOfCommands(options.Strict, writable);
        var confinement = new Confinement
        {
            Rung = rung,
            Profile = options.Sandbox ?? SandboxProfile.Processes,
            Strict = ladder.SizesPrivateFolders ? options.Strict : options.Strict with { PrivateBytes = null },
            User = options.User,
            HasControlGroup = ladder.Groups is not null,
            Weaker = weaker,
        };
        return Limit(confinement, options.Limits);
    }

    private Rung RungFor(ConfinementOptions options, out string? weaker)
    {
        weaker = null;
        // 'off' is what the operator wants, and no weakness.
        if (mode == SandboxMode.Off && options.Sandbox != SandboxProfile.Strict)
            return Below(null, out weaker);
        if (options.Sandbox == SandboxProfile.Off)
        {
            return mode != SandboxMode.Required ? Below(null, out weaker)
                : throw new ConfinementException("Its 'sandbox' is 'off', and execution.sandbox is 'required'. Change one of the two.");
        }

        // Who asks for 'strict' by name is not served by less.
        if (options.Sandbox == SandboxProfile.Strict)
            return ladder.NoStrict is null ? Rung.Namespace : throw new ConfinementException($"The sandbox 'strict' cannot be made: {ladder.NoStrict}. {Install}.");
        if (ladder.NoNamespace is null)
            return Rung.Namespace;
        if (mode == SandboxMode.Required)
            throw new ConfinementException($"A PID namespace is required and cannot be made: {ladder.NoNamespace}. {Install}, or set execution.sandbox to 'auto'.");
        return Below($"no PID namespace: {ladder.NoNamespace}", out weaker);
    }

    /// <summary>What there is below a namespace.</summary>
    /// <param name="lost">Why that is less than was wanted, or null when it is not.</param>
    /// <param name="weaker">The same, with what it lacks besides.</param>
    private Rung Below(string? lost, out string? weaker)
    {
        var lacks = ladder.NoSession is { } none ? $"no session of its own: {none}" : ladder.WeakSession;
        weaker = lost is null || lacks is null ? lost ?? lacks : $"{lost}; {lacks}";
        return ladder.NoSession is null ? Rung.Session : Rung.ProcessTree;
    }

    private void CheckUser(string? user, Rung rung)
    {
        if (user is null)
            return;
        if (!_isRoot)
            throw new ConfinementException($"Its commands are to run as user '{user}', which only a host that runs as root can do. Run the host as root, or remove 'user'.");
        if (rung != Rung.Namespace)
            throw new ConfinementException($"Its commands are to run as user '{user}', to whom the host's own folder is closed outside of a PID namespace. {Install}, or remove 'user'.");
        if (ladder.Programs.SetPriv is null)
            throw new ConfinementException($"Its commands are to run as user '{user}', and there is no 'setpriv' of util-linux that works. Install util-linux, or remove 'user'.");
        if (UserAccount.Find(user) is null)
            throw new ConfinementException($"Its commands are to run as user '{user}', whom /etc/passwd does not list. Add the user, or correct the name.");
    }

    private Confinement Limit(Confinement confinement, LimitOptions limits)
    {
        var countsMemory = ladder.Groups is { LimitsMemory: true };
        var countsProcesses = ladder.Groups is { LimitsProcesses: true };
        var reports = new List<LimitReport>();
        var byProcess = new LimitOptions
        {
            MemoryBytes = Report(limits.MemoryBytes, Text($"memory {limits.MemoryBytes} bytes"), HardLimits.Data, "RLIMIT_DATA, for each process", countsMemory ? "memory" : null),
            CpuTime = Report((long?)limits.CpuTime?.TotalSeconds, Text($"cpu_time {limits.CpuTime?.TotalSeconds:0} s"), HardLimits.Cpu, "RLIMIT_CPU, for each process") is null ? null : limits.CpuTime,
            OpenFiles = (int?)Report(limits.OpenFiles, Text($"open_files {limits.OpenFiles}"), HardLimits.OpenFiles, "RLIMIT_NOFILE, for each process"),
            Processes = (int?)Report(limits.Processes, Text($"processes {limits.Processes}"), HardLimits.Processes, ProcessesByUser(confinement), countsProcesses ? "pids" : null),
            FileSizeBytes = Report(limits.FileSizeBytes, Text($"file_size {limits.FileSizeBytes} bytes"), HardLimits.FileSize, "RLIMIT_FSIZE, for each process"),
        };
        if (confinement is { Rung: Rung.Namespace, Profile: SandboxProfile.Strict } && !ladder.SizesPrivateFolders)
            reports.Add(new LimitReport("strict.private_size", null, "Its private folders may take half of the machine's memory each. Install bubblewrap 0.7 or newer."));
        return confinement with
        {
            ProcessLimits = byProcess,
            GroupMemoryBytes = countsMemory ? limits.MemoryBytes : null,
            GroupProcesses = countsProcesses ? limits.Processes : null,
            LimitReports = reports,
        };

        // Gives the value where it is 'prlimit' that sets it.
        long? Report(long? value, string name, int resource, string? byLimit, string? controller = null)
        {
            if (value is not { } limit)
                return null;
            var isTooHigh = HardLimits.Of(resource) is { } most && (ulong)limit > most;
            var isSet = controller is null && byLimit is not null && ladder.Programs.PrLimit is not null && !isTooHigh;
            reports.Add(
                controller is not null ? new LimitReport(name, $"the cgroup's {controller} controller")
                : isSet ? new LimitReport(name, byLimit)
                : new LimitReport(name, null, Remedy(byLimit, isTooHigh ? HardLimits.Of(resource) : null)));
            return isSet ? limit : null;
        }
    }

    private string Remedy(string? byLimit, ulong? most) =>
        ladder.Programs.PrLimit is null ? "Install util-linux ('prlimit')."
        : byLimit is null ? "It needs a cgroup with the controller, a 'user' of the job type's own, or a host that does not run as root."
        : Text($"The host itself may have no more than {most}, which counts for what it starts. Raise that where the host is started, or lower the limit.");

    // Root's processes are not counted, and outside of a namespace of its own the host's are counted with them.
    private string? ProcessesByUser(Confinement confinement) =>
        confinement.Rung != Rung.Namespace ? null
        : confinement.User is { } user ? $"RLIMIT_NPROC, over all processes of user {user}"
        : _isRoot ? null
        : "RLIMIT_NPROC, over the attempt's namespace";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
