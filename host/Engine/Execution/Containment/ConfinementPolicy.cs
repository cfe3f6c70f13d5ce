using System.Globalization;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>Decides how the commands of a job type run on this machine: never less confined than the operator demands, and never silently.</summary>
/// <param name="ladder">The rungs that the machine has.</param>
/// <param name="mode">The key <c>execution.sandbox</c>.</param>
internal sealed class ConfinementPolicy(ContainmentLadder ladder, SandboxMode mode)
{
    private const string Install = "Install bubblewrap, and let this user make namespaces";

    private readonly bool _isRoot = Environment.IsPrivilegedProcess;

    /// <exception cref="ConfinementException">What the operator demands is not to be had.</exception>
    public Confinement Decide(ConfinementOptions options)
    {
        var rung = RungFor(options, out var weaker);
        CheckUser(options.User, rung);
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
        if (ladder.Best == Rung.ProcessTree)
        {
            if (mode == SandboxMode.Required || options.Sandbox == SandboxProfile.Strict)
                throw new ConfinementException("This system has no PID namespaces. Set 'sandbox' to 'off', or run the host on Linux with bubblewrap.");
            return Rung.ProcessTree;
        }

        // 'off' is what the operator wants, and no weakness.
        if (mode == SandboxMode.Off && options.Sandbox != SandboxProfile.Strict)
            return Rung.Session;
        if (options.Sandbox == SandboxProfile.Off)
        {
            return mode != SandboxMode.Required ? Rung.Session
                : throw new ConfinementException("Its 'sandbox' is 'off', and execution.sandbox is 'required'. Change one of the two.");
        }

        // Who asks for 'strict' by name is not served by less.
        if (options.Sandbox == SandboxProfile.Strict)
            return ladder.NoStrict is null ? Rung.Namespace : throw new ConfinementException($"The sandbox 'strict' cannot be made: {ladder.NoStrict}. {Install}.");
        if (ladder.NoNamespace is null)
            return Rung.Namespace;
        if (mode == SandboxMode.Required)
            throw new ConfinementException($"A PID namespace is required and cannot be made: {ladder.NoNamespace}. {Install}, or set execution.sandbox to 'auto'.");
        weaker = $"no PID namespace: {ladder.NoNamespace}";
        return Rung.Session;
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
            throw new ConfinementException($"Its commands are to run as user '{user}', and there is no program 'setpriv' on the PATH. Install util-linux, or remove 'user'.");
        if (UserAccount.Find(user) is null)
            throw new ConfinementException($"Its commands are to run as user '{user}', whom /etc/passwd does not list. Add the user, or correct the name.");
    }

    private Confinement Limit(Confinement confinement, LimitOptions limits)
    {
        var byProcess = limits;
        var reports = new List<LimitReport>();
        if (limits.MemoryBytes is { } memory)
        {
            var isCounted = ladder.Groups is { LimitsMemory: true };
            byProcess = isCounted ? byProcess with { MemoryBytes = null } : byProcess;
            reports.Add(Report(Text($"memory {memory} bytes"), isCounted ? "the cgroup's memory controller" : PerProcess("RLIMIT_DATA")));
        }

        if (limits.CpuTime is { } cpu)
            reports.Add(Report(Text($"cpu_time {cpu.TotalSeconds:0} s"), PerProcess("RLIMIT_CPU")));
        if (limits.OpenFiles is { } files)
            reports.Add(Report(Text($"open_files {files}"), PerProcess("RLIMIT_NOFILE")));
        if (limits.Processes is { } processes)
        {
            var isCounted = ladder.Groups is { LimitsProcesses: true };
            var byUser = isCounted ? null : ProcessesByUser(confinement);
            byProcess = byUser is null ? byProcess with { Processes = null } : byProcess;
            reports.Add(Report(Text($"processes {processes}"), isCounted ? "the cgroup's pids controller" : byUser));
        }

        if (limits.FileSizeBytes is { } size)
            reports.Add(Report(Text($"file_size {size} bytes"), PerProcess("RLIMIT_FSIZE")));
        if (confinement is { Rung: Rung.Namespace, Profile: SandboxProfile.Strict } && !ladder.SizesPrivateFolders)
            reports.Add(new LimitReport("strict.private_size", null, "Its private folders may take half of the machine's memory each. Install bubblewrap 0.7 or newer."));
        return confinement with
        {
            ProcessLimits = ladder.Programs.PrLimit is null ? new LimitOptions() : byProcess,
            GroupMemoryBytes = ladder.Groups is { LimitsMemory: true } ? limits.MemoryBytes : null,
            GroupProcesses = ladder.Groups is { LimitsProcesses: true } ? limits.Processes : null,
            LimitReports = reports,
        };
    }

    private string? PerProcess(string limit) => ladder.Programs.PrLimit is null ? null : $"{limit}, for each process";

    // Root's processes are not counted, and outside of a namespace of its own the host's are counted with them.
    private string? ProcessesByUser(Confinement confinement) =>
        ladder.Programs.PrLimit is null || confinement.Rung != Rung.Namespace ? null
        : confinement.User is { } user ? $"RLIMIT_NPROC, over all processes of user {user}"
        : _isRoot ? null
        : "RLIMIT_NPROC, over the attempt's namespace";

    private LimitReport Report(string name, string? enforcedBy) => new(name, enforcedBy, enforcedBy is not null ? null
        : ladder.Programs.PrLimit is null ? "Install util-linux ('prlimit')."
        : "It needs a cgroup with the controller, a 'user' of the job type's own, or a host that does not run as root.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
