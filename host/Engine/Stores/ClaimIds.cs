using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores;

/// <summary>The text of <c>claim_id</c>: the host that claims, and what is new for each claim.</summary>
internal static class ClaimIds
{
    private const char Separator = '.';

    public static string New(string workerId) => $"{workerId}{Separator}{FreshIds.New():N}";

    /// <summary>
    /// The claim of the one who holds the row, or null where that is none of our hosts. A foreign poller that takes a row over from one of them names
    /// itself as <c>worker_id</c> and leaves the claim of the one before. A claim that names no host is the holder's.
    /// </summary>
    public static string? OfHolder(JobRow row) =>
        row.ClaimId is { } claimId && (claimId.LastIndexOf(Separator) is var end && (end < 0 || claimId[..end] == row.WorkerId)) ? claimId : null;
}
