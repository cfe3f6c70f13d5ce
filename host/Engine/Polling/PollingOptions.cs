namespace DelphiRunner.Engine.Polling;

/// <summary>The section <c>polling</c>.</summary>
internal sealed record PollingOptions
{
    /// <summary>How long an idle host waits between two looks at the queue. From 10 ms to 1 h. Default: 2 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>The section <c>claims</c>.</summary>
internal sealed record ClaimOptions
{
    /// <summary>How long a claim holds without being renewed; renewed every third of it. From 10 s to 1 h. Default: 2 min.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a job may be begun; the row's <c>max_retries</c> may lower it. From 1 to 100. Default: 4.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>
    /// How many bytes have to be free on the disk of the state folder before a job is claimed. From 0 to 1 TiB. Default: 64 MiB, what one attempt's
    /// output may take.
    /// </summary>
    public long MinFreeDisk { get; init; } = 64L * 1024 * 1024;
}

/// <summary>What happens to jobs with a missing type or one that the deployment does not know.</summary>
internal enum UnknownJobTypes
{
    /// <summary>They are left as they are.</summary>
    Leave,

    /// <summary>They end failed with a message, unless <c>known_job_types</c> lists them.</summary>
    Fail,
}

/// <summary>Which jobs this host takes, and how many at once: the keys <c>slots</c>, <c>serve</c>, <c>unknown_job_types</c>, <c>known_job_types</c>.</summary>
internal sealed record ServingOptions
{
    /// <summary>Jobs at once on this host. From 1 to 1,024. Default: 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>The job types to serve, or null for all that the plugins handle. Default: null (<c>all</c> in YAML).</summary>
    public IReadOnlySet<string>? Serve { get; init; }

    /// <summary>Default: <see cref="UnknownJobTypes.Leave"/>.</summary>
    public UnknownJobTypes UnknownJobTypes { get; init; }

    /// <summary>All job types that the deployment serves anywhere; needed with <see cref="UnknownJobTypes.Fail"/>.</summary>
    public IReadOnlySet<string> KnownJobTypes { get; init; } = new HashSet<string>();
}
