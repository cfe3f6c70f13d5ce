namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>What holds an attempt's processes together, the strongest last.</summary>
internal enum Rung
{
    /// <summary>The root, and what can be found of its descendants: on systems without sessions.</summary>
    ProcessTree,

    /// <summary>A session and process group of its own; who leaves both is looked for by the host as the parent of all orphans.</summary>
    Session,

    /// <summary>A PID namespace, which nothing can leave and which dies as a whole.</summary>
    Namespace,
}

/// <summary>How the commands of one job type run on this machine: what <see cref="ConfinementPolicy"/> decided.</summary>
internal sealed record Confinement
{
    public required Rung Rung { get; init; }

    /// <summary>What a command in a namespace sees; without one it is of no meaning.</summary>
    public SandboxProfile Profile { get; init; } = SandboxProfile.Processes;

    public StrictOptions Strict { get; init; } = new();

    /// <summary>The limits that each process gets by <c>prlimit</c>.</summary>
    public LimitOptions ProcessLimits { get; init; } = new();

    /// <summary>The limits that the attempt's cgroup enforces.</summary>
    public long? GroupMemoryBytes { get; init; }

    public int? GroupProcesses { get; init; }

    public string? User { get; init; }

    /// <summary>Whether each attempt gets a cgroup, which kills and shows that nothing is left.</summary>
    public bool HasControlGroup { get; init; }

    /// <summary>Each configured limit, and what enforces it.</summary>
    public IReadOnlyList<LimitReport> LimitReports { get; init; } = [];

    /// <summary>Why this is less than what was to be had, or null.</summary>
    public string? Weaker { get; init; }

    /// <summary>The containment for a person, for instance <c>PID namespace (processes), cgroup</c>.</summary>
    public string Describe() => Rung switch
    {
        Rung.Namespace => $"PID namespace ({(Profile == SandboxProfile.Strict ? "strict" : "processes")})",
        Rung.Session => "session and process group, best effort",
        _ => "process tree, best effort",
    } + (HasControlGroup ? ", cgroup" : "") + (User is null ? "" : $", as user {User}");
}

/// <summary>A limit, and what becomes of it on this machine.</summary>
/// <param name="Name">Its key and value, for instance <c>memory 512MiB</c>.</param>
/// <param name="EnforcedBy">What enforces it, or null when nothing does.</param>
/// <param name="Remedy">What to do where nothing does.</param>
internal sealed record LimitReport(string Name, string? EnforcedBy, string? Remedy = null)
{
    public override string ToString() =>
        EnforcedBy is null ? $"{Name}: unavailable. {Remedy}" : $"{Name}: enforced by {EnforcedBy}";
}

/// <summary>Thrown when commands of a job type would run less confined than the operator demands.</summary>
/// <param name="message">Why, and what to install.</param>
internal sealed class ConfinementException(string message) : Exception(message);
