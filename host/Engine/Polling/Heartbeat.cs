using System.Collections.Concurrent;
using DelphiRunner.Engine.Stores;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Polling;

/// <summary>Renews the claims of the running jobs and writes their log excerpts, on a thread of its own that no load of the pool can starve.</summary>
internal sealed partial class Heartbeat : IDisposable
{
    /// <summary>How far ahead the lock that foreign readers compare is written.</summary>
    public static readonly TimeSpan ForeignLockLength = TimeSpan.FromMinutes(15);

    /// <summary>The largest excerpt that a running row carries, in bytes; each write of it rewrites the row.</summary>
    public const int RunningExcerptBytes = 16 * 1024;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    // Each flush writes the whole row again, with all its indexes where the store has them: a second for each so many characters of the excerpt.
    private const int LengthPerFlushInterval = 2048;

    // What a kill and its proof may take: fencing begins so much before the claim's end.
    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(5);

    private readonly IJobStore _store;
    private readonly TimeSpan _claimLength;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, RunningJob> _jobs = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread _thread;
    private volatile StopReason _stopReason;

    public Heartbeat(IJobStore store, TimeSpan claimLength, TimeProvider time, ILogger<Heartbeat> logger)
    {
        _store = store;
        _claimLength = claimLength;
        _time = time;
        _logger = logger;
        _thread = new Thread(Beat) { IsBackground = true, Name = "heartbeat", Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>How long a claim holds without being renewed.</summary>
    public TimeSpan ClaimLength => _claimLength;

    public void Start() => _thread.Start();

    public void Add(RunningJob job)
    {
        _jobs[job.Claimed.Claim.ClaimId] = job;
        // Looked at behind that: a claim may have been under way while all others were stopped.
        if (_stopReason is not StopReason.None and var reason)
        {
            job.Stop(reason);
        }
    }

    public void Remove(RunningJob job) => _jobs.TryRemove(job.Claimed.Claim.ClaimId, out _);

    /// <summary>Asks all jobs to end, and those that are still being claimed once they are here.</summary>
    public void StopAll(StopReason reason)
    {
        _stopReason = reason;
        foreach (var job in _jobs.Values)
        {
            job.Stop(reason);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _stopping.Dispose();
    }

    /// <summary>Does what is due for every running job: one turn, which tests call.</summary>
    public async Task TurnAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_jobs.Values.Where(job => job.Reason != StopReason.ClaimLost).Select(job => RenewIfDueAsync(job, cancellationToken)));
    }

    private void Beat()
    {
        while (!_stopping.Token.WaitHandle.WaitOne(Tick))
        {
            try
            {
                // Blocking is the point of this thread: a starved pool must not be able to delay it.
                if (!TurnAsync(_stopping.Token).Wait(_claimLength / 3, _stopping.Token))
                {
                    LogTurnSlow((long)(_claimLength / 3).TotalMilliseconds);
                }

                FenceOverdue();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                // The border of one turn: the next one tries again, and fencing does not depend on it.
                LogTurnFailed(exception);
                FenceOverdue();
            }
        }
    }

    private async Task RenewIfDueAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var sinceLast = _time.GetElapsedTime(job.LastFlushed);
        var renewDue = _time.GetElapsedTime(job.LastRenewed) >= _claimLength / 3 && (!job.IsRenewalFailing || sinceLast >= FlushInterval);
        var flushDue = job.Log.HasNews && sinceLast >= FlushInterval * Math.Max(1, job.LastFlushLength / LengthPerFlushInterval);
        var logs = job.IsFinishing || job.IsEndedByOthers || !(renewDue || flushDue) ? null : job.Log.TakeChanged(RunningExcerptBytes);
        if (!renewDue && logs is null)
        {
            return;
        }

        var sent = _time.GetTimestamp();
        job.LastFlushed = sent;
        job.LastFlushLength = logs?.Length ?? job.LastFlushLength;
        try
        {
            var state = await _store.RenewAsync(job.Claimed.Claim, _time.GetUtcNow() + ForeignLockLength, logs, cancellationToken);
            if (job.IsRenewalFailing)
            {
                job.IsRenewalFailing = false;
                LogRenewalRecovered(job.Claimed.Claim.JobId);
            }

            Apply(job, state, sent);
        }
        catch (StoreException exception)
        {
            if (logs is not null)
            {
                job.Log.PutBack();
            }

            if (!job.IsRenewalFailing)
            {
                job.IsRenewalFailing = true;
                LogRenewalFailed(exception, job.Claimed.Claim.JobId);
            }
        }
    }

    private void Apply(RunningJob job, ClaimState state, long sent)
    {
        switch (state)
        {
            case ClaimState.Lost when job.IsFinishing:
                break;
            case ClaimState.Lost:
                LogClaimLost(job.Claimed.Claim.JobId);
                job.Stop(StopReason.ClaimLost);
                break;
            case ClaimState.Ended:
                job.LastRenewed = sent;
                if (!job.IsEndedByOthers && !job.IsFinishing)
                {
                    job.IsEndedByOthers = true;
                    LogEndedByOthers(job.Claimed.Claim.JobId);
                }

                break;
            case ClaimState.CancelRequested:
                job.LastRenewed = sent;
                job.Stop(StopReason.Cancelled);
                break;
            default:
                job.LastRenewed = sent;
                break;
        }
    }

    /// <summary>Ends the jobs whose claims this host could not renew in time, by its own clock.</summary>
    public void FenceOverdue()
    {
        foreach (var job in _jobs.Values.Where(job => job.Reason != StopReason.ClaimLost && _time.GetElapsedTime(job.LastRenewed) > _claimLength - KillTime))
        {
            LogClaimNotRenewed(job.Claimed.Claim.JobId, (long)_claimLength.TotalSeconds);
            job.Stop(StopReason.ClaimLost);
        }
    }

    [LoggerMessage(EventName = "ClaimLost", Level = LogLevel.Error, Message = "Claim of job {JobId} is lost: another writer has changed the row. Its process is killed; nothing more is written to it")]
    private partial void LogClaimLost(string jobId);

    [LoggerMessage(EventName = "ClaimNotRenewed", Level = LogLevel.Error, Message = "Claim of job {JobId} could not be renewed within its length of {ClaimSeconds} s. Its process is killed; nothing more is written to it")]
    private partial void LogClaimNotRenewed(string jobId, long claimSeconds);

    [LoggerMessage(EventName = "RenewalFailed", Level = LogLevel.Warning, Message = "Claim of job {JobId} could not be renewed this time. It is tried again until its length is over")]
    private partial void LogRenewalFailed(Exception exception, string jobId);

    [LoggerMessage(EventName = "RenewalRecovered", Level = LogLevel.Information, Message = "Claim of job {JobId} is renewed again")]
    private partial void LogRenewalRecovered(string jobId);

    [LoggerMessage(EventName = "EndedByOthers", Level = LogLevel.Warning, Message = "Job {JobId} was ended by another writer while its command runs. The command goes on to its end; its results will be added")]
    private partial void LogEndedByOthers(string jobId);

    [LoggerMessage(EventName = "HeartbeatSlow", Level = LogLevel.Warning, Message = "A turn of the heartbeat took longer than {ElapsedMs} ms")]
    private partial void LogTurnSlow(long elapsedMs);

    [LoggerMessage(EventName = "HeartbeatFailed", Level = LogLevel.Error, Message = "A turn of the heartbeat failed")]
    private partial void LogTurnFailed(Exception exception);
}
