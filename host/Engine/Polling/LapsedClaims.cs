using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Polling;

/// <summary>Judges whether the holder of a processing row is gone.</summary>
/// <remarks>
/// A claim of ours lapses by observation on this host's own monotonic clock, so that no two clocks have to agree. A row that a foreign poller
/// holds lapses by its own rules: its lock is over by a margin, and nothing was written to the row for as long as such a lock lasts.
/// </remarks>
internal sealed class LapsedClaims(TimeSpan claimLength, TimeProvider time)
{
    // The Python pollers lock for 15 minutes and never renew, but a live job of theirs writes its log (DELPHI: job_poller.py, lock_expires_at).
    private static readonly TimeSpan ForeignLock = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    // A poll without room for a type does not list its rows: a row that is out of sight for a while keeps its observation.
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(6);

    private readonly Dictionary<string, Observation> _observed = [];

    /// <summary>Looks at the processing rows of one poll and gives those whose holder is gone.</summary>
    public IReadOnlyList<JobRow> Judge(IReadOnlyList<JobRow> processing)
    {
        var lapsed = processing.Where(row => ClaimIds.OfHolder(row) is { } claimId ? WasUnchanged(row, claimId) : ForeignHolderIsGone(row)).ToList();
        foreach (var (jobId, _) in _observed.Where(pair => time.GetElapsedTime(pair.Value.Since) > Forgotten).ToList())
        {
            _observed.Remove(jobId);
        }

        return lapsed;
    }

    private bool WasUnchanged(JobRow row, string claimId)
    {
        if (_observed.TryGetValue(row.Id, out var seen) && seen.ClaimId == claimId && seen.LockText == row.LockText)
        {
            return time.GetElapsedTime(seen.Since) >= claimLength;
        }

        _observed[row.Id] = new Observation(claimId, row.LockText, time.GetTimestamp());
        return false;
    }

    // Without a readable lock nothing says that the holder is gone: such a row is left to a person.
    private bool ForeignHolderIsGone(JobRow row)
    {
        var now = time.GetUtcNow();
        return row.Time(JobAttributes.LockExpiresAt) is { } lockEnd && lockEnd + Margin < now
            && !(row.UpdatedAt is { } updated && updated + ForeignLock > now);
    }

    private readonly record struct Observation(string ClaimId, string? LockText, long Since);
}
