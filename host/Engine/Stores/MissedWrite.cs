using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores;

/// <summary>The row as it is after a write of ours found no claim of ours, and what that means.</summary>
internal sealed class MissedWrite(JobRow? row, Claim claim)
{
    public FinishResult Result { get; } =
        row is null ? FinishResult.Gone
        : JobStatuses.IsTerminal(row.Status) && row.ClaimId == claim.ClaimId && row.WorkerId == claim.WorkerId ? FinishResult.ForeignEnd
        : FinishResult.Lost;

    /// <summary>Tells whether the row holds exactly this end, so that an earlier try of the same write had succeeded.</summary>
    public bool IsEndedBy(Claim ended, JobFinish finish) =>
        row is { ClaimId: null } && row.WorkerId == ended.WorkerId && row.Attempt == ended.Attempt && row.Status == finish.Status
        && row.Text(JobAttributes.CompletedAt) == RowTime.Format(finish.CompletedAt) && row.Raw(JobAttributes.JobResults) == RowValue.OfText(finish.Results);

    /// <summary>Tells whether the row was given back by exactly this release, and nobody has claimed it since.</summary>
    public bool IsReleasedBy(JobRelease release) =>
        row is { ClaimId: null } && row.Status == release.Status && row.Text(JobAttributes.UpdatedAt) == RowTime.Format(release.UpdatedAt)
        && row.Raw(JobAttributes.Attempts) == RowValue.OfText(release.Attempts);
}

/// <summary>What is added to a row that somebody else ended; null leaves an attribute as it is.</summary>
internal sealed class ForeignEnd
{
    public ForeignEnd(JobFinish finish)
    {
        (Results, Logs, Attempts, HandledBy, At) = (finish.Results, finish.Logs, finish.Attempts, finish.HandledBy, finish.CompletedAt);
        (ExitProof, ProcessExitConfirmed) = (finish.ExitProof, finish.ProcessExitConfirmed);
    }

    public ForeignEnd(JobRelease release) =>
        (Logs, Attempts, HandledBy, At) = (release.Logs, release.Attempts, release.HandledBy, release.UpdatedAt);

    public string? Results { get; }

    public string Logs { get; }

    public string Attempts { get; }

    public string? HandledBy { get; }

    public string? ExitProof { get; }

    public bool? ProcessExitConfirmed { get; }

    public DateTimeOffset At { get; }
}
