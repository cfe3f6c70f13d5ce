using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Polling;

/// <summary>The page of candidates that the poller takes jobs from, in their order, and the page behind it, which is read before it is needed.</summary>
/// <param name="store">The queue.</param>
/// <param name="claimer">Tells what was lost to other hosts.</param>
/// <param name="lapsed">Judges the rows that others hold.</param>
/// <param name="options">How long a page counts, and who polls.</param>
/// <param name="time">The clock.</param>
internal sealed class CandidateWindow(IJobStore store, JobClaimer claimer, LapsedClaims lapsed, PollerOptions options, TimeProvider time)
{
    /// <summary>Larger than any usual number of slots, so that one query serves many claims.</summary>
    public const int Size = 256;

    // With so many left of a full page the next one is read, so that no slot waits for it.
    private const int LookAheadAt = Size / 4;

    // Of a page that other hosts draw from, too, only so much is taken as long as most of it is still there.
    private const int ShareOfPage = 16;

    private readonly KnownWorkers _workers = new(options.WorkerId, time);
    private readonly Queue<JobRow> _rows = new();
    private Listing? _ahead;
    private long _readAt;
    private bool _isFull;
    private bool _hasOthers;
    private HostShare _share;
    private int _started;
    private int _lostBefore;

    public int Count => _rows.Count;

    /// <summary>The candidate that is taken next, or null.</summary>
    public JobRow? First => _rows.TryPeek(out var row) ? row : null;

    /// <summary>When the next row that was not due yet becomes due.</summary>
    public DateTimeOffset? NextDue { get; private set; }

    /// <summary>Whether there was more than the page holds.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Whether the page is older than a poll's interval.</summary>
    public bool IsOld => time.GetElapsedTime(_readAt) > options.Interval;

    /// <summary>Whether so much of the page may be gone that it is cheaper to look again than to lose claims.</summary>
    public bool IsUsedUp => claimer.Lost != _lostBefore || IsShareTaken;

    /// <summary>Whether this host has taken as much of the page as it should before it looks again.</summary>
    public bool IsShareTaken => _hasOthers && _started > 0 && (_started >= ShareOfPage || IsOnlyLeftToOthers);

    // All hosts reach for the last rows of a queue; those of another host's share are taken one by one, when that host has left them.
    private bool IsOnlyLeftToOthers => _rows.Count <= ShareOfPage && _rows.TryPeek(out var next) && !_share.Holds(next.Id);

    /// <summary>Takes the first candidate; there has to be one.</summary>
    /// <param name="query">Makes the query for the page behind this one, when that is due.</param>
    /// <param name="stoppingToken">Ends that look.</param>
    public JobRow Take(Func<CandidateQuery> query, CancellationToken stoppingToken)
    {
        if (_rows.Count == LookAheadAt && _isFull && !_hasOthers)
        {
            var asked = query();
            asked = asked with { Except = asked.Except.Concat(_rows.Select(row => row.Id)).ToHashSet() };
            // Not on this thread: a store in a file answers on that of the caller.
            _ahead = new Listing(asked, time.GetTimestamp(), Task.Run(() => store.ListCandidatesAsync(asked, stoppingToken), stoppingToken));
        }

        return _rows.Dequeue();
    }

    /// <summary>Counts a row that was taken and for which a claim is on its way.</summary>
    public void CountStarted() => _started++;

    /// <summary>Replaces the page, by the one that was read ahead if this one was used to its end and that is still new.</summary>
    /// <param name="query">Makes the query.</param>
    /// <param name="suits">Whether this host can take a row now.</param>
    /// <param name="stoppingToken">Ends the look.</param>
    /// <returns>False when there is nothing to take.</returns>
    public async Task<bool> FillAsync(Func<CandidateQuery> query, Func<JobRow, bool> suits, CancellationToken stoppingToken)
    {
        if (_ahead is { } ahead && _rows.Count == 0 && !IsUsedUp && time.GetElapsedTime(ahead.AskedAt) <= options.Interval)
        {
            _ahead = null;
            // However long an answer takes, it is new when it comes; one that has lain here is as old as its question.
            var wasReady = ahead.Candidates.IsCompleted;
            Replace(ahead.Query, await ahead.Candidates, suits);
            _readAt = wasReady ? ahead.AskedAt : time.GetTimestamp();
            if (_rows.Count > 0)
            {
                return true;
            }

            // It does not know what has come or was set free since: it cannot say that there is nothing.
        }

        await ForgetAheadAsync();
        var asked = query();
        Replace(asked, await store.ListCandidatesAsync(asked, stoppingToken), suits);
        _readAt = time.GetTimestamp();
        return _rows.Count > 0;
    }

    /// <summary>Forgets everything, once what was asked for is there.</summary>
    public async Task ClearAsync()
    {
        _rows.Clear();
        await ForgetAheadAsync();
    }

    private async Task ForgetAheadAsync()
    {
        if (_ahead is { } ahead)
        {
            _ahead = null;
            await ((Task)ahead.Candidates).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Replace(CandidateQuery query, JobCandidates candidates, Func<JobRow, bool> suits)
    {
        _isFull = candidates.Pending.Count == Size;
        NextDue = candidates.NextDue;
        HasMore = candidates.NextDue <= query.Now;
        _started = 0;
        _lostBefore = claimer.Lost;
        claimer.Abandoned = lapsed.Judge(candidates.Processing);
        _share = _workers.See([.. candidates.Processing.Except(claimer.Abandoned)]);
        _hasOthers = _share.Hosts > 1 || claimer.HasCompetition;
        // Hosts that were started together do not see one another yet, and all would reach for the oldest jobs.
        var mayHaveOthers = _hasOthers || (store.IsNetworked && _workers.IsNew);
        claimer.Skipped.ForgetUnlisted(query.Except, candidates);
        _rows.Clear();
        foreach (var row in CandidateOrder.Of(candidates, claimer.Abandoned, query.Now, mayHaveOthers ? _share : null).Where(suits))
        {
            _rows.Enqueue(row);
        }
    }

    private sealed record Listing(CandidateQuery Query, long AskedAt, Task<JobCandidates> Candidates);
}
