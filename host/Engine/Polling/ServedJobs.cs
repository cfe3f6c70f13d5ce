using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Polling;

/// <summary>Which jobs this host takes: what its plugins handle, narrowed by the configuration.</summary>
internal sealed record ServedJobs
{
    /// <summary>The job types that a plugin of this host handles and the configuration lets it serve.</summary>
    public required IReadOnlySet<string> JobTypes { get; init; }

    /// <summary>All job types that the deployment serves anywhere; only looked at with <see cref="FailUnknown"/>.</summary>
    public IReadOnlySet<string> KnownJobTypes { get; init; } = new HashSet<string>();

    /// <summary>Whether jobs with a missing type or an unknown one are claimed to end failed. False while a plugin is quarantined.</summary>
    public bool FailUnknown { get; init; }

    /// <summary>Jobs at once on this host by job type, where a type has a limit of its own.</summary>
    public IReadOnlyDictionary<string, int> SlotLimits { get; init; } = new Dictionary<string, int>();

    /// <summary>The attribute by which jobs of a type exclude one another.</summary>
    public IReadOnlyDictionary<string, string> ExclusiveBy { get; init; } = new Dictionary<string, string>();

    /// <summary>Which sizes of jobs this host takes.</summary>
    public InstanceOptions Instance { get; init; } = new();

    /// <summary>Finds what tells the sizes of a type's jobs; null for a type whose jobs are all normal.</summary>
    public Func<string?, IJobSizer?> SizerOf { get; init; } = _ => null;

    /// <summary>Whether a job of that type is one that nobody in the deployment serves.</summary>
    public bool IsUnknown(string? jobType) =>
        FailUnknown && (jobType is null || (!JobTypes.Contains(jobType) && !KnownJobTypes.Contains(jobType)));

    public bool Takes(string? jobType) => (jobType is not null && JobTypes.Contains(jobType)) || IsUnknown(jobType);
}
