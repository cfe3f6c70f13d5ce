using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

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
}
