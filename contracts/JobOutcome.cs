namespace DelphiRunner.Contracts;

/// <summary>The ways a job can go on after an attempt.</summary>
public enum JobOutcomeKind
{
    /// <summary>The job is done; stored as <c>COMPLETED</c>.</summary>
    Completed,

    /// <summary>The job failed; stored as <c>FAILED</c>.</summary>
    Failed,

    /// <summary>The job has to be looked at again later; stored as <c>AWAITING_RECHECK</c> with the time before which nobody should.</summary>
    Recheck,
}

/// <summary>How a job ended, or that it is to be checked again.</summary>
public sealed record JobOutcome
{
    private JobOutcome()
    {
    }

    /// <summary>Gets the kind of the outcome.</summary>
    public JobOutcomeKind Kind { get; private init; }

    /// <summary>Gets the reason of a failure; null for the other kinds.</summary>
    public string? Error { get; private init; }

    /// <summary>Gets the time to wait before the next check; zero for the other kinds.</summary>
    public TimeSpan Delay { get; private init; }

    /// <summary>Gets the results as the text of a JSON object, or null for none. Default: null.</summary>
    /// <remarks>Stored in <c>job_results</c> beside the host's own keys (<c>result_type</c>, <c>completed_at</c>, <c>error</c>), which win.</remarks>
    public string? ResultsJson { get; init; }

    /// <summary>Gets attributes to set on the row in the same write. Default: none. Attributes that the host owns are refused.</summary>
    public IReadOnlyDictionary<string, JobAttribute> Attributes { get; init; } = new Dictionary<string, JobAttribute>();

    /// <summary>Ends the job as done.</summary>
    /// <returns>An outcome of the kind <see cref="JobOutcomeKind.Completed"/>.</returns>
    public static JobOutcome Completed() => new() { Kind = JobOutcomeKind.Completed };

    /// <summary>Ends the job as failed.</summary>
    /// <param name="error">Why, for a person; not empty.</param>
    /// <returns>An outcome of the kind <see cref="JobOutcomeKind.Failed"/>.</returns>
    public static JobOutcome Failed(string error)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(error);
        return new() { Kind = JobOutcomeKind.Failed, Error = error };
    }

    /// <summary>Lets the job wait and be planned again.</summary>
    /// <param name="delay">How long to wait; from 0 to 30 days.</param>
    /// <returns>An outcome of the kind <see cref="JobOutcomeKind.Recheck"/>.</returns>
    public static JobOutcome RecheckAfter(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromDays(30));
        return new() { Kind = JobOutcomeKind.Recheck, Delay = delay };
    }
}
