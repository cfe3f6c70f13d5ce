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

    private int _failures;

    /// <summary>The candidates that were lost, or that cannot start now.</summary>
    public SkipList Skipped { get; } = new(SkipLength(options.Interval), options.Once ? LossesToGiveUp : int.MaxValue, time);

    /// <summary>Says whether claims could not even be tried since this was last asked.</summary>
    public bool TakeFailures() => Interlocked.Exchange(ref _failures, 0) > 0;

    /// <summary>Claims a job as it was seen.</summary>
    /// <returns>The claimed job; null when somebody else has it, it has changed, or the store failed. It is skipped for a while then.</returns>
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
            LogClaimFailed(exception, seen.Id);
            Skipped.Add(seen.Id);
            Interlocked.Increment(ref _failures);
            return null;
        }

        if (claimed is null)
        {
            LogClaimRaceLost(seen.Id);
            Skipped.Add(seen.Id);
            return null;
        }

        Skipped.Remove(seen.Id);
        return claimed;
    }

    private static TimeSpan SkipLength(TimeSpan interval) =>
        TimeSpan.FromMilliseconds(Math.Clamp(interval.TotalMilliseconds, 50, 2000));

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
                ClaimId = Guid.NewGuid().ToString("N"),
                Attempt = isRecheck ? Math.Max(1, seen.Attempt) : seen.Attempt + 1,
            },
            Rechecks = isRecheck ? seen.Rechecks + 1 : 0,
            StartedAt = now,
            LockExpiresAt = now + Heartbeat.ForeignLockLength,
            ExclusiveBy = seen.JobType is { } jobType ? served.ExclusiveBy.GetValueOrDefault(jobType) : null,
        };
    }

    [LoggerMessage(EventName = "ClaimRaceLost", Level = LogLevel.Debug, Message = "Job {JobId} was claimed by another worker in a race condition. Skipping.")]
    private partial void LogClaimRaceLost(string jobId);

    [LoggerMessage(EventName = "OrphanFound", Level = LogLevel.Warning, Message = "Found zombie job {JobId} with expired lock. Re-queueing.")]
    private partial void LogOrphanFound(string jobId);

    [LoggerMessage(EventName = "ClaimFailed", Level = LogLevel.Warning, Message = "Job {JobId} could not be claimed")]
    private partial void LogClaimFailed(Exception exception, string jobId);
}
