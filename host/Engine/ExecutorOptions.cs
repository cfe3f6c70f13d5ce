namespace DelphiRunner.Engine;

/// <summary>What an executor is told at its start.</summary>
internal sealed record ExecutorOptions
{
    public required string WorkerId { get; init; }

    /// <summary>The host's name, for the history of attempts.</summary>
    public string HostName { get; init; } = Environment.MachineName;

    public required StateFolders Folders { get; init; }

    public required int MaxAttempts { get; init; }

    /// <summary>The time limit of job types that have none of their own.</summary>
    public required TimeSpan TimeLimit { get; init; }

    public IReadOnlyDictionary<string, JobTypeOptions> JobTypes { get; init; } = new Dictionary<string, JobTypeOptions>();

    /// <summary>How long a job is held back after the store failed under its handler.</summary>
    public TimeSpan StoreRetryDelay { get; init; } = TimeSpan.FromSeconds(30);
}
