using System.Collections.Concurrent;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Polling;

/// <summary>Takes jobs from the queue while slots are free: the one poller of a host.</summary>
/// <remarks>A slot is taken before a claim is sent, so that never more is claimed than can run.</remarks>
internal sealed partial class JobPoller(
    IJobStore store, ServedJobs served, PollerOptions options, Heartbeat heartbeat, JobLines lines, TimeProvider time, ILogger<JobPoller> logger)
{
    // Larger than any usual number of slots, so that one query serves many claims.
    private const int WindowSize = 256;

    // Of a window that other hosts draw from, too, only so much is taken as long as most of it is still there.
    private const int ShareOfWindow = 16;

    // A lost claim says that other hosts draw from the same window; one that is so old says so no more.
    private static readonly TimeSpan CompetitionLength = TimeSpan.FromMinutes(1);

    // In a run that ends when nothing is due, a row that was lost so often is somebody else's.
    private const int LossesToGiveUp = 3;

    // Such a run cannot wait for ever either: whoever started it is told that the store does not answer.
    private const int FailuresToGiveUp = 5;

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(60);

    private readonly Slots _slots = new(options.Slots, served.SlotLimits);
    private readonly SkipList _skipped = new(SkipLength(options.Interval), options.Once ? LossesToGiveUp : int.MaxValue, time);
    private readonly LapsedClaims _lapsed = new(heartbeat.ClaimLength, time);
    private readonly ConcurrentDictionary<string, Task> _inFlight = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string JobType, string Value), string> _exclusive = new();
    private readonly Queue<JobRow> _window = new();
    private long _windowRead;
    private DateTimeOffset? _nextDue;
    private int _failures;
    private int _claimFailures;
    private bool _claimsFail;
    private bool _hasMore;
    private bool _hasOthers;
    private int _takenFromWindow;
    private int _lostFromWindow;
    private long _lastLost;

    /// <summary>Polls until it is stopped, or, when told to run once, until nothing is left; then waits for the running jobs to end.</summary>
    /// <param name="execute">Runs one claimed job to its last write; must not throw.</param>
    /// <param name="stoppingToken">Stops claiming and asks the running jobs to end.</param>
    public async Task RunAsync(Func<RunningJob, Task> execute, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var freed = _slots.Freed;
            var idle = _inFlight.IsEmpty;
            try
            {
                var anyLeft = await TurnAsync(execute, stoppingToken);
                if (!Volatile.Read(ref _claimsFail))
                {
                    Recovered();
                }

                if (!anyLeft && options.Once && idle)
                {
                    break;
                }

                await WaitAsync(freed, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                // The border of one turn: whatever failed, jobs that run go on, and the next turn comes later.
                await BackOffAsync(exception, stoppingToken);
                if (options.Once && _failures >= FailuresToGiveUp)
                {
                    await Task.WhenAll(_inFlight.Values);
                    throw;
                }
            }
        }

        if (stoppingToken.IsCancellationRequested)
        {
            heartbeat.StopAll(StopReason.HostStopping);
        }

        await Task.WhenAll(_inFlight.Values);
    }

    /// <summary>Starts a job on every free slot for which there is one: one turn, which tests call.</summary>
    /// <returns>False when the queue held nothing that this host could start now or will retry.</returns>
    public async Task<bool> TurnAsync(Func<RunningJob, Task> execute, CancellationToken stoppingToken)
    {
        if (Volatile.Read(ref _claimFailures) > 0)
        {
            Volatile.Write(ref _claimFailures, 0);
            throw new StoreException($"Jobs could not be claimed from {store.Name}.");
        }

        var listed = false;
        var started = false;
        while (_slots.Free > 0)
        {
            if (_window.Count == 0 || IsWindowOld())
            {
                if (listed || !await ListAsync(stoppingToken))
                {
                    break;
                }

                listed = true;
                continue;
            }

            started |= Start(_window.Dequeue(), execute);
        }

        return started || _window.Count > 0 || _hasMore || _slots.Free <= 0 || _skipped.HasRetries;
    }

    private static TimeSpan SkipLength(TimeSpan interval) =>
        TimeSpan.FromMilliseconds(Math.Clamp(interval.TotalMilliseconds, 50, 2000));

    private bool HasLost => Volatile.Read(ref _lastLost) is not 0 and var lost && time.GetElapsedTime(lost) < CompetitionLength;

    /// <summary>Whether so much of the window may be gone that it is cheaper to look again than to lose claims.</summary>
    private bool IsWindowOld() =>
        time.GetElapsedTime(_windowRead) > options.Interval
        || Volatile.Read(ref _lostFromWindow) > 0
        || (_hasOthers && _takenFromWindow >= ShareOfWindow);

    private async Task<bool> ListAsync(CancellationToken stoppingToken)
    {
        _skipped.Forget();
        var now = time.GetUtcNow();
        var withoutRoom = served.SlotLimits.Keys.Where(jobType => !_slots.HasRoomFor(jobType)).ToHashSet();
        var except = new HashSet<string>(_skipped.Current());
        except.UnionWith(_inFlight.Keys);
        var candidates = await store.ListCandidatesAsync(
            new CandidateQuery
            {
                Now = now,
                JobTypes = served.FailUnknown ? null : served.JobTypes.Except(withoutRoom).ToHashSet(),
                ExceptJobTypes = served.FailUnknown ? served.KnownJobTypes.Except(served.JobTypes).Concat(withoutRoom).ToHashSet() : new HashSet<string>(),
                Except = except,
                Attributes = served.ExclusiveBy.Values.ToHashSet(),
                Limit = WindowSize,
            },
            stoppingToken);
        _windowRead = time.GetTimestamp();
        _nextDue = candidates.NextDue;
        _hasMore = candidates.NextDue <= now;
        _window.Clear();
        _takenFromWindow = 0;
        Volatile.Write(ref _lostFromWindow, 0);
        var share = HostShare.Among(candidates.Processing, options.WorkerId);
        _hasOthers = share.Hosts > 1 || HasLost;
        _skipped.ForgetUnlisted(except, candidates);
        foreach (var row in CandidateOrder.Of(candidates, _lapsed.Judge(candidates.Processing), now, _hasOthers ? share : null).Where(row => served.Takes(row.JobType)))
        {
            _window.Enqueue(row);
        }

        if (_window.Count > 0)
        {
            LogCandidatesFound(_window.Count, _window.Peek().Id);
        }

        return _window.Count > 0;
    }

    private bool Start(JobRow row, Func<RunningJob, Task> execute)
    {
        var jobType = row.JobType ?? "";
        if (!TryTakeExclusively(row, out var key))
        {
            _skipped.Add(row.Id);
            return false;
        }

        if (!_slots.TryTake(jobType))
        {
            Release(key);
            return false;
        }

        // The entry is made before the task can end, so that its removal finds it.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inFlight.TryAdd(row.Id, done.Task))
        {
            Release(key);
            _slots.GiveBack(jobType);
            return false;
        }

        _takenFromWindow++;
        var slot = new TakenSlot(_slots, jobType);
        _ = ClaimAndRunAsync(row, slot, execute).ContinueWith(
            _ =>
            {
                _inFlight.TryRemove(row.Id, out Task? _);
                Release(key);
                slot.GiveBack();
                _slots.Tell();
                done.SetResult();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return true;
    }

    private bool TryTakeExclusively(JobRow row, out (string JobType, string Value)? key)
    {
        key = row.JobType is { } jobType && served.ExclusiveBy.TryGetValue(jobType, out var attribute) && row.Text(attribute) is { } value
            ? (jobType, value)
            : null;
        return key is null || _exclusive.TryAdd(key.Value, row.Id);
    }

    private void Release((string JobType, string Value)? key)
    {
        if (key is { } taken)
        {
            _exclusive.TryRemove(taken, out _);
            _skipped.Clear();
        }
    }

    private async Task ClaimAndRunAsync(JobRow seen, TakenSlot slot, Func<RunningJob, Task> execute)
    {
        var sent = time.GetTimestamp();
        ClaimedJob? claimed;
        try
        {
            // No token: a claim whose answer nobody awaits would leave a job that nobody runs.
            claimed = await store.ClaimAsync(RequestFor(seen), CancellationToken.None);
        }
        catch (Exception exception) when (exception is StoreException or OperationCanceledException)
        {
            if (!Interlocked.Exchange(ref _claimsFail, true))
            {
                LogClaimFailed(exception, seen.Id);
            }

            _skipped.Add(seen.Id);
            Interlocked.Increment(ref _claimFailures);
            return;
        }
        catch (InvalidRowException exception)
        {
            LogRowUnclaimable(exception, seen.Id);
            _skipped.Add(seen.Id);
            return;
        }

        Volatile.Write(ref _claimsFail, false);
        if (claimed is null)
        {
            LogClaimRaceLost(seen.Id);
            _skipped.Add(seen.Id);
            Volatile.Write(ref _lastLost, time.GetTimestamp());
            Volatile.Write(ref _lostFromWindow, 1);
            return;
        }

        _skipped.Remove(seen.Id);
        var log = new JobLog(
            claimed.Row.Id, LogExcerpt.Read(claimed.Row.Raw(JobAttributes.Logs), time.GetUtcNow()), options.KeepLines, lines.Write, time);
        using var running = new RunningJob(claimed, log, sent) { Slot = slot };
        heartbeat.Add(running);
        try
        {
            LogJobClaimed(seen.Id, seen.JobType, claimed.Claim.Attempt, claimed.Row.LockText);
            await execute(running);
        }
        finally
        {
            heartbeat.Remove(running);
        }
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
        };
    }

    private async Task WaitAsync(Task freed, CancellationToken stoppingToken)
    {
        if (freed.IsCompleted)
        {
            return;
        }

        if (_slots.Free <= 0)
        {
            await freed.WaitAsync(stoppingToken);
            return;
        }

        var wait = options.Interval;
        if (_nextDue is { } due && due - time.GetUtcNow() < wait)
        {
            wait = due - time.GetUtcNow();
        }

        if (_skipped.Count > 0)
        {
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks, SkipLength(options.Interval).Ticks));
        }

        if (wait <= TimeSpan.Zero)
        {
            wait = TimeSpan.FromMilliseconds(1);
        }

        using var changed = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Task.WhenAny(freed, store.WaitForChangeAsync(wait, changed.Token));
        await changed.CancelAsync();
    }

    private async Task BackOffAsync(Exception exception, CancellationToken stoppingToken)
    {
        _window.Clear();
        if (_failures++ == 0)
        {
            LogPollFailed(exception, store.Name);
        }

        var wait = TimeSpan.FromTicks(Math.Min(LongestBackoff.Ticks, options.Interval.Ticks << Math.Min(_failures, 10)));
        try
        {
            await Task.Delay(wait, time, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The loop sees the stop by itself.
        }
    }

    private void Recovered()
    {
        if (_failures > 0)
        {
            LogPollRecovered(store.Name, _failures);
            _failures = 0;
        }
    }

    [LoggerMessage(EventName = "CandidatesFound", Level = LogLevel.Debug, Message = "Found {Count} actionable job(s). Highest priority is {JobId}")]
    private partial void LogCandidatesFound(int count, string jobId);

    [LoggerMessage(EventName = "JobClaimed", Level = LogLevel.Information, Message = "Successfully claimed job {JobId} of type {JobType}, attempt {Attempt}. Lock expires at {LockExpiresAt}.")]
    private partial void LogJobClaimed(string jobId, string? jobType, int attempt, string? lockExpiresAt);

    [LoggerMessage(EventName = "ClaimRaceLost", Level = LogLevel.Debug, Message = "Job {JobId} was claimed by another worker in a race condition. Skipping.")]
    private partial void LogClaimRaceLost(string jobId);

    [LoggerMessage(EventName = "OrphanFound", Level = LogLevel.Warning, Message = "Found zombie job {JobId} with expired lock. Re-queueing.")]
    private partial void LogOrphanFound(string jobId);

    [LoggerMessage(EventName = "ClaimFailed", Level = LogLevel.Warning, Message = "Job {JobId} could not be claimed. Jobs that run go on; claims are tried again with growing waits")]
    private partial void LogClaimFailed(Exception exception, string jobId);

    [LoggerMessage(EventName = "RowUnclaimable", Level = LogLevel.Error, Message = "Job {JobId} cannot be claimed as its row is; the jobs behind it are not held up")]
    private partial void LogRowUnclaimable(Exception exception, string jobId);

    [LoggerMessage(EventName = "PollFailed", Level = LogLevel.Error, Message = "The queue {Store} could not be polled. Running jobs go on; the poll is tried again with growing waits")]
    private partial void LogPollFailed(Exception exception, string store);

    [LoggerMessage(EventName = "PollRecovered", Level = LogLevel.Information, Message = "The queue {Store} is polled again after {Count} failure(s)")]
    private partial void LogPollRecovered(string store, int count);
}
