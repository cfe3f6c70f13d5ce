using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores;

/// <summary>What proves that this host holds a row: compared by every later write.</summary>
internal sealed record Claim
{
    public required string JobId { get; init; }

    public required string WorkerId { get; init; }

    public required string ClaimId { get; init; }

    public required int Attempt { get; init; }
}

/// <summary>A row that this host holds, and the proof of it.</summary>
internal sealed record ClaimedJob
{
    public required JobRow Row { get; init; }

    public required Claim Claim { get; init; }

    /// <summary>
    /// Completes when the claim survives a loss of power, and fails with a <see cref="StoreException"/> when it may not. No command may start earlier:
    /// one that takes the machine down with it has to find its attempt counted.
    /// </summary>
    public Task Settled { get; init; } = Task.CompletedTask;
}

/// <summary>What to claim, as it was seen, and what to store.</summary>
internal sealed record ClaimRequest
{
    /// <summary>The row as it was listed; its id, status, version, <c>claim_id</c> and lock text are compared.</summary>
    public required JobRow Seen { get; init; }

    public required Claim Claim { get; init; }

    public required int Rechecks { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset LockExpiresAt { get; init; }

    /// <summary>The attribute whose value only one processing row of the same job type may have, or null.</summary>
    public string? ExclusiveBy { get; init; }

    /// <summary>
    /// Processing rows whose holders are gone, as they were listed: as long as their locks stay so, they exclude nobody. Without that, two of one value
    /// would keep each other from being taken up for ever.
    /// </summary>
    public IReadOnlyList<JobRow> Abandoned { get; init; } = [];
}

internal enum ClaimState
{
    Held,
    CancelRequested,

    /// <summary>Somebody else has ended the row, but the claim is still in it: its end adds the results. Nothing was stored.</summary>
    Ended,
    Lost,
}

internal enum FinishResult
{
    /// <summary>The write was stored as asked.</summary>
    Recorded,

    /// <summary>Somebody else had ended the row: its status stays, our results were added.</summary>
    ForeignEnd,

    /// <summary>Another claim holds the row, or it is open without ours: nothing was stored.</summary>
    Lost,

    /// <summary>There is no such row any more: nothing was stored.</summary>
    Gone,
}

/// <summary>How a job ended, as it is stored.</summary>
internal sealed record JobFinish
{
    /// <summary>Either <c>COMPLETED</c> or <c>FAILED</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset CompletedAt { get; init; }

    /// <summary>The JSON text for <c>job_results</c>.</summary>
    public required string Results { get; init; }

    /// <summary>The JSON text for <c>logs</c>.</summary>
    public required string Logs { get; init; }

    /// <summary>True only when nothing of the attempt is left, or nothing was ever started.</summary>
    public required bool ProcessExitConfirmed { get; init; }

    public required string ExitProof { get; init; }

    /// <summary>The JSON text for <c>attempts</c>.</summary>
    public required string Attempts { get; init; }

    public string? HandledBy { get; init; }

    /// <summary>The text for <c>error_message</c>; null leaves the attribute as it is.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Attributes set by the handler, none of them the host's.</summary>
    public IReadOnlyDictionary<string, RowValue> Attributes { get; init; } = new Dictionary<string, RowValue>();
}

/// <summary>How a job is given back.</summary>
internal sealed record JobRelease
{
    /// <summary>Either <c>PENDING</c> or <c>AWAITING_RECHECK</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The attempts that count from now on: one less than the claim's when the attempt is not to be burnt.</summary>
    public required int Attempt { get; init; }

    public required int Rechecks { get; init; }

    public required string Logs { get; init; }

    public required string Attempts { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public string? HandledBy { get; init; }

    public IReadOnlyDictionary<string, RowValue> Attributes { get; init; } = new Dictionary<string, RowValue>();
}
