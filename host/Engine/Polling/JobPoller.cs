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

    // With so many left of a full window the next one is read, so that no slot waits for it.
    private const int LookAheadAt = WindowSize / 4;

    // Of a window that other hosts draw from, too, only so much is taken as long as most of it is still there.
    private const int ShareOfWindow = 16;

    // A run that ends when nothing is due cannot wait for ever: whoever started it is told that the store does not answer.
    private const int FailuresToGiveUp = 5;

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(60);

    private readonly Slots _slots = new(options.Slots, served.SlotLimits);
    private readonly JobClaimer _claimer = new(store, served, options, time, logger);
    private readonly ExclusiveValues _exclusive = new(served, JobClaimer.SkipLength(options.Interval), JobClaimer.LossesAllowed(options), time);
    private readonly SizeSieve _sizes = new(served, time, logger);
    private readonly FreeDisk _disk = new(options.State, options.MinFreeDisk, time);
    private readonly LapsedClaims _lapsed = new(heartbeat.ClaimLength, time);
    private readonly ConcurrentDictionary<string, Task> _inFlight = new(StringComparer.Ordinal);
    private readonly Queue<JobRow> _window = new();
    private Listing? _ahead;
    private long _windowRead;
    private DateTimeOffset? _nextDue;
    private int _failures;
    private bool _hasMore;
    private bool _isFull;
    private bool _hasOthers;
    private int _takenFromWindow;
    private int _lostBefore;
    private bool _isDiskShort;

    /// <summary>Polls until it is stopped, or, when told to run once, until nothing is left; then waits for the running jobs to end.</summary>
    /// <param name="execute">Runs one claimed job to its last write; must not throw.</param>
    /// <param name="stoppingToken">Stops claiming and asks the running jobs to end.</param>
    public async Task RunAsync(Func<RunningJob, Task> execute, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await HasRoomAsync(stoppingToken))
            {
                continue;
            }

            var freed = _slots.Freed;
            var idle = _inFlight.IsEmpty;
            try
            {
                var anyLeft = await TurnAsync(execute, stoppingToken);
                if (!_claimer.IsFailing)
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
        await DropAheadAsync();
    }

    /// <summary>Starts a job on every free slot for which there is one: one turn, which tests call.</summary>
    /// <returns>False when the queue held nothing that this host could start now or will retry.</returns>
    public async Task<bool> TurnAsync(Func<RunningJob, Task> execute, CancellationToken stoppingToken)
    {
        if (_claimer.TakeFailures())
        {
            throw new StoreException($"Jobs could not be claimed from {store.Name}.");
        }

        var listed = false;
        var started = false;
        while (_slots.Free > 0)
        {
            if (_sizes.TryTake(out var suitable))
            {
                started |= Start(suitable, execute);
                continue;
            }

            var isOld = IsWindowUsedUp() || (!listed && time.GetElapsedTime(_windowRead) > options.Interval);
            if (_window.Count == 0 || isOld)
            {
                // While sizes are being asked for, the page is not used up yet.
                if (isOld)
                {
                    await DropAheadAsync();
                }

                if (listed || (_sizes.IsAsking && !isOld) || !await ListAsync(stoppingToken))
                {
                    break;
                }

                listed = true;
                continue;
            }

            if (_window.Count == LookAheadAt && _isFull && !_hasOthers)
            {
                // Not on this thread: a store in a file answers on that of the caller.
                _ahead = Ask(_window.Select(row => row.Id), query => Task.Run(() => store.ListCandidatesAsync(query, stoppingToken), stoppingToken));
            }

            _takenFromWindow++;
            started |= Start(_window.Dequeue(), execute);
        }

        return started || _window.Count > 0 || _hasMore || _slots.Free <= 0 || _claimer.Skipped.HasRetries || _exclusive.HasRetries || _sizes.MayHaveMore;
    }

    /// <summary>Whether so much of the window may be gone that it is cheaper to look again than to lose claims.</summary>
    private bool IsWindowUsedUp() => _claimer.Lost != _lostBefore || (_hasOthers && _takenFromWindow >= ShareOfWindow);

    /// <summary>Fills the window, with what was read ahead if there is that.</summary>
    private async Task<bool> ListAsync(CancellationToken stoppingToken)
    {
        if (_ahead is { } old && time.GetElapsedTime(old.AskedAt) > options.Interval)
        {
            await DropAheadAsync();
        }

        var wasAhead = _ahead is not null;
        var listing = _ahead ?? Ask([], query => store.ListCandidatesAsync(query, stoppingToken));
        _ahead = null;
        var wasReady = listing.Candidates.IsCompleted;
        var candidates = await listing.Candidates;
        var now = listing.Query.Now;
        // However long an answer takes, it is new when it comes; one that has lain here is as old as its question.
        _windowRead = wasAhead && wasReady ? listing.AskedAt : time.GetTimestamp();
        _isFull = candidates.Pending.Count == WindowSize;
        _nextDue = candidates.NextDue;
        _hasMore = candidates.NextDue <= now;
        _window.Clear();
        _takenFromWindow = 0;
        _lostBefore = _claimer.Lost;
        var share = HostShare.Among(candidates.Processing, options.WorkerId);
        _hasOthers = share.Hosts > 1 || _claimer.HasCompetition;
        _claimer.Skipped.ForgetUnlisted(listing.Query.Except, candidates);
        var lapsed = _lapsed.Judge(candidates.Processing);
        _claimer.Abandoned = lapsed;
        foreach (var row in CandidateOrder.Of(candidates, lapsed, now, _hasOthers ? share : null).Where(row => served.Takes(row.JobType)))
        {
            if (_sizes.Lets(row, _slots.Tell, stoppingToken))
            {
                _window.Enqueue(row);
            }
        }

        if (_window.Count > 0)
        {
            LogCandidatesFound(_window.Count, _window.Peek().Id);
        }

        // What was read ahead does not know what has come or was set free since: it cannot say that there is nothing.
        return _window.Count > 0 || (wasAhead && await ListAsync(stoppingToken));
    }

    /// <summary>Asks the store for candidates: all but those that run, are put off, or are in the window already.</summary>
    private Listing Ask(IEnumerable<string> inWindow, Func<CandidateQuery, Task<JobCandidates>> list)
    {
        _claimer.Skipped.Forget();
        var withoutRoom = served.SlotLimits.Keys.Where(jobType => !_slots.HasRoomFor(jobType)).ToHashSet();
        var except = new HashSet<string>(_claimer.Skipped.Current());
        except.UnionWith(_inFlight.Keys);
        except.UnionWith(_sizes.LeftOut());
        except.UnionWith(_exclusive.LeftOut());
        except.UnionWith(inWindow);
        var query = new CandidateQuery
        {
            Now = time.GetUtcNow(),
            JobTypes = served.FailUnknown ? null : served.JobTypes.Except(withoutRoom).ToHashSet(),
            ExceptJobTypes = served.FailUnknown ? served.KnownJobTypes.Except(served.JobTypes).Concat(withoutRoom).ToHashSet() : new HashSet<string>(),
            Except = except,
            Attributes = served.ExclusiveBy.Values.ToHashSet(),
            Limit = WindowSize,
        };
        return new Listing(query, time.GetTimestamp(), list(query));
    }

    /// <summary>Forgets what was read ahead, once it is there.</summary>
    private async Task DropAheadAsync()
    {
        if (_ahead is { } ahead)
        {
            _ahead = null;
            await ((Task)ahead.Candidates).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool Start(JobRow row, Func<RunningJob, Task> execute)
    {
        var jobType = row.JobType ?? "";
        if (!_exclusive.TryTake(row, out var value))
        {
            return false;
        }

        if (!_slots.TryTake(jobType))
        {
            _exclusive.GiveBack(value);
            return false;
        }

        // The entry is made before the task can end, so that its removal finds it.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inFlight.TryAdd(row.Id, done.Task))
        {
            _exclusive.GiveBack(value);
            _slots.GiveBack(jobType);
            return false;
        }

        _sizes.Forget(row.Id);
        var slot = new TakenSlot(_slots, jobType);
        _ = ClaimAndRunAsync(row, slot, execute).ContinueWith(
            run =>
            {
                // Before the entry goes: with no entry left, whoever runs once looks for the last time.
                GiveBack(value, wasLost: run is { IsCompletedSuccessfully: true, Result: false } && !_claimer.IsFailing);
                _inFlight.TryRemove(row.Id, out Task? _);
                if (!slot.GiveBack() && _slots.Free > 0)
                {
                    // Given back before: there may be more to see now that the last write is stored.
                    _slots.Tell();
                }

                done.SetResult();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return true;
    }

    private void GiveBack(ExclusiveValue? value, bool wasLost)
    {
        if (wasLost)
        {
            _exclusive.Lose(value);
        }
        else
        {
            _exclusive.GiveBack(value);
        }
    }

    /// <returns>False when the job could not be claimed.</returns>
    private async Task<bool> ClaimAndRunAsync(JobRow seen, TakenSlot slot, Func<RunningJob, Task> execute)
    {
        var sent = time.GetTimestamp();
        if (await _claimer.TryClaimAsync(seen) is not { } claimed)
        {
            return false;
        }

        var log = new JobLog(
            claimed.Row.Id, LogExcerpt.Read(claimed.Row.Raw(JobAttributes.Logs), time.GetUtcNow()), options.Marks, lines.Write, time);
        using var running = new RunningJob(claimed, log, sent) { Slot = slot };
        heartbeat.Add(running);
        try
        {
            LogJobClaimed(seen.Id, seen.JobType, claimed.Claim.Attempt, claimed.Row.LockText);
            await execute(running);
            return true;
        }
        finally
        {
            heartbeat.Remove(running);
        }
    }

    /// <summary>Whether there is room for a job; waits an interval when there is none. Jobs that run go on.</summary>
    /// <exception cref="StoreException">There is none in a run that ends when nothing is due.</exception>
    private async Task<bool> HasRoomAsync(CancellationToken stoppingToken)
    {
        var shortage = _disk.Shortage();
        if (shortage is null && _isDiskShort)
        {
            LogDiskHasRoom();
        }
        else if (shortage is not null && !_isDiskShort)
        {
            LogDiskShort(shortage);
        }

        _isDiskShort = shortage is not null;
        if (shortage is null)
        {
            return true;
        }

        if (options.Once)
        {
            await Task.WhenAll(_inFlight.Values);
            throw new StoreException(shortage);
        }

        await Task.Delay(options.Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return false;
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

        if (_claimer.Skipped.Count > 0 || _exclusive.HasRetries)
        {
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks, _claimer.Skipped.Length.Ticks));
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
        await DropAheadAsync();
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

    [LoggerMessage(EventName = "DiskShort", Level = LogLevel.Error, Message = "{Shortage}")]
    private partial void LogDiskShort(string shortage);

    [LoggerMessage(EventName = "DiskHasRoom", Level = LogLevel.Information, Message = "The disk of the state folder has room again; jobs are claimed")]
    private partial void LogDiskHasRoom();

    [LoggerMessage(EventName = "PollFailed", Level = LogLevel.Error, Message = "The queue {Store} could not be polled. Running jobs go on; the poll is tried again with growing waits")]
    private partial void LogPollFailed(Exception exception, string store);

    [LoggerMessage(EventName = "PollRecovered", Level = LogLevel.Information, Message = "The queue {Store} is polled again after {Count} failure(s)")]
    private partial void LogPollRecovered(string store, int count);

    private sealed record Listing(CandidateQuery Query, long AskedAt, Task<JobCandidates> Candidates);
}
