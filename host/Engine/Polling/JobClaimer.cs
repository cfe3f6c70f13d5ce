using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Polling;

/// <summary>Claims single candidates for the poller, and lets it skip those that it did not get. Thread-safe.</summary>
internal sealed partial class JobClaimer(
    IJobStore store, ServedJobs served, PollerOptions options, TimeProvider time, ILogger logger)
{
    // In a run that ends when nothing is due, a row that was lost so often is somebody else's.
    private const int LossesToGiveUp = 3;

    // A lost claim says that other hosts reach for the same rows; one that is so old says so no more.
    private static readonly TimeSpan CompetitionLength = TimeSpan.FromMinutes(1);

    private int _failures;
    private bool _isFailing;
    private int _lost;
    private long _lastLost;

    /// <summary>The candidates that were lost, or that cannot start now.</summary>
    public SkipList Skipped { get; } = new(SkipLength(options.Interval), LossesAllowed(options), time);

    /// <summary>The processing rows whose holders are gone, as the last look judged them.</summary>
    public IReadOnlyList<JobRow> Abandoned { get; set; } = [];

    /// <summary>How many claims others have won.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Whether other hosts reach for the same rows.</summary>
    public bool HasCompetition => Volatile.Read(ref _lastLost) is not 0 and var lost && time.GetElapsedTime(lost) < CompetitionLength;

    /// <summary>Whether the last claim could not even be tried.</summary>
    public bool IsFailing => Volatile.Read(ref _isFailing);

    /// <summary>Whether claims could not even be tried since that was last taken.</summary>
    public bool HasFailures => Volatile.Read(ref _failures) > 0;

    /// <summary>How long a job is left alone that could not be claimed.</summary>
    public static TimeSpan SkipLength(TimeSpan interval) =>
        TimeSpan.FromMilliseconds(Math.Clamp(interval.TotalMilliseconds, 50, 2000));

    /// <summary>How often something may be lost before it is left alone for good.</summary>
    public static int LossesAllowed(PollerOptions options) => options.Once ? LossesToGiveUp : int.MaxValue;

    /// <summary>Says whether claims could not even be tried since this was last asked.</summary>
    public bool TakeFailures() => Interlocked.Exchange(ref _failures, 0) > 0;

    /// <summary>Claims a job as it was seen.</summary>
    /// <returns>The claimed job; null when somebody else has it, it has changed, or the store failed or cannot hold it claimed. It is skipped for a while then.</returns>
    public async Task<ClaimedJob?> TryClaimAsync(JobRow seen)
    {
        ClaimedJob? claimed;
        try
        {
            // No token: a claim whose answer nobody awaits would leave a job that nobody runs.
            claimed = await store.ClaimAsync(RequestFor(seen), CancellationToken.None);
        }
        catch (Exception exception) when (exception is StoreException or OperationCanceledException)
        {
            if (!Interlocked.Exchange(ref _isFailing, true))
            {
                LogClaimFailed(exception, seen.Id);
            }

            Skipped.Pause(seen.Id);
            Interlocked.Increment(ref _failures);
            return null;
        }
        catch (InvalidRowException exception)
        {
            LogRowUnclaimable(exception, seen.Id);
            Skipped.Add(seen.Id);
            return null;
        }

        Volatile.Write(ref _isFailing, false);
        if (claimed is null)
        {
            LogClaimRaceLost(seen.Id);
            Skipped.Add(seen.Id);
            Volatile.Write(ref _lastLost, time.GetTimestamp());
            Interlocked.Increment(ref _lost);
            return null;
        }

        Skipped.Remove(seen.Id);
        return claimed;
    }

    private ClaimRequest RequestFor(JobRow seen)
    {
        var now = time.GetUtcNow();
        var isRecheck = seen.Status == JobStatuses.AwaitingRecheck;
        if (seen.Status == JobStatuses.Processing)
        {
            LogOrphanFound(seen.Id);
        }

        return new ClaimRequest
        {
            Seen = seen,
            Claim = new Claim
            {
                JobId = seen.Id,
                WorkerId = options.WorkerId,
                ClaimId = ClaimIds.New(options.WorkerId),
                Attempt = isRecheck ? Math.Max(1, seen.Attempt) : seen.Attempt + 1,
            },
            Rechecks = isRecheck ? seen.Rechecks + 1 : 0,
            StartedAt = now,
            LockExpiresAt = now + Heartbeat.ForeignLockLength,
            ExclusiveBy = seen.JobType is { } jobType ? served.ExclusiveBy.GetValueOrDefault(jobType) : null,
            Abandoned = [.. Abandoned.Where(row => row.JobType == seen.JobType && row.Id != seen.Id)],
        };
    }

    [LoggerMessage(EventName = "ClaimRaceLost", Level = LogLevel.Debug, Message = "Job {JobId} was claimed by another worker in a race condition. Skipping.")]
    private partial void LogClaimRaceLost(string jobId);

    [LoggerMessage(EventName = "OrphanFound", Level = LogLevel.Warning, Message = "Found zombie job {JobId} with expired lock. Re-queueing.")]
    private partial void LogOrphanFound(string jobId);

    [LoggerMessage(EventName = "ClaimFailed", Level = LogLevel.Warning, Message = "Job {JobId} could not be claimed. Jobs that run go on; claims are tried again with growing waits")]
    private partial void LogClaimFailed(Exception exception, string jobId);

    [LoggerMessage(EventName = "RowUnclaimable", Level = LogLevel.Error, Message = "Job {JobId} cannot be claimed as its row is; the jobs behind it are not held up")]
    private partial void LogRowUnclaimable(Exception exception, string jobId);
}
