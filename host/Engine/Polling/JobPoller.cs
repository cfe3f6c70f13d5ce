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
    // A run that ends when nothing is due cannot wait for ever: whoever started it is told that the store does not answer.
    private const int FailuresToGiveUp = 5;

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(60);

    private readonly Slots _slots = new(options.Slots, served.SlotLimits);
    private readonly JobClaimer _claimer = new(store, served, options, time, logger);
    private readonly ExclusiveValues _exclusive = new(served, JobClaimer.SkipLength(options.Interval), JobClaimer.LossesAllowed(options), time);
    private readonly SizeSieve _sizes = new(served, time, logger);
    private readonly FreeDisk _disk = new(options.State, options.MinFreeDisk, time);
    private readonly ConcurrentDictionary<string, Task> _inFlight = new(StringComparer.Ordinal);
    private int _failures;
    private bool _isDiskShort;

    private CandidateWindow Window => field ??= new(store, _claimer, new LapsedClaims(heartbeat.ClaimLength, time), options, time);

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
        await Window.ClearAsync();
    }

    /// <summary>Starts a job on every free slot for which there is one: one turn, which tests call.</summary>
    /// <returns>False when the queue held nothing that this host could start now or will retry.</returns>
    public async Task<bool> TurnAsync(Func<RunningJob, Task> execute, CancellationToken stoppingToken)
    {
        if (_claimer.TakeFailures())
        {
            throw new StoreException($"Jobs could not be claimed from {store.Name}.");
        }

        var looks = 0;
        var started = false;
        while (_slots.Free > 0)
        {
            if (_sizes.TryTake(out var suitable))
            {
                started |= Start(suitable, execute);
                continue;
            }

            // A page that this turn has read counts for the turn, however long it took; but what it left to other hosts may be left by them, too.
            var isOld = Window.IsUsedUp || (looks == 0 && Window.IsOld);
            if (Window.Count == 0 || isOld)
            {
                // While sizes are being asked for, the page is not used up yet.
                if (!MayLook(looks, stoppingToken) || (_sizes.IsAsking && !isOld) || !await ListAsync(stoppingToken))
                {
                    break;
                }

                looks++;
                continue;
            }

            if (Start(Window.Take(Query, stoppingToken), execute))
            {
                Window.CountStarted();
                started = true;
            }
        }

        return started || Window.Count > 0 || Window.HasMore || _slots.Free <= 0 || _claimer.Skipped.HasRetries || _exclusive.HasRetries || _sizes.MayHaveMore;
    }

    // Once, and again for what other hosts leave; but a turn has an end, and where claims fail the queue has to be left alone for a while.
    private bool MayLook(int looks, CancellationToken stoppingToken) =>
        looks == 0 || (looks < options.Slots && Window.IsShareTaken && !_claimer.HasFailures && !stoppingToken.IsCancellationRequested);

    private async Task<bool> ListAsync(CancellationToken stoppingToken)
    {
        var found = await Window.FillAsync(Query, row => served.Takes(row.JobType) && _sizes.Lets(row, _slots.Tell, stoppingToken), stoppingToken);
        if (Window.First is { } first)
        {
            LogCandidatesFound(Window.Count, first.Id);
        }

        return found;
    }

    /// <summary>What to look for: all but what runs, was put off, or has no slot of its type.</summary>
    private CandidateQuery Query()
    {
        _claimer.Skipped.Forget();
        var withoutRoom = served.SlotLimits.Keys.Where(jobType => !_slots.HasRoomFor(jobType)).ToHashSet();
        var except = new HashSet<string>(_claimer.Skipped.Current());
        except.UnionWith(_inFlight.Keys);
        except.UnionWith(_sizes.LeftOut());
        except.UnionWith(_exclusive.LeftOut());
        return new CandidateQuery
        {
            Now = time.GetUtcNow(),
            JobTypes = served.FailUnknown ? null : served.JobTypes.Except(withoutRoom).ToHashSet(),
            ExceptJobTypes = served.FailUnknown ? served.KnownJobTypes.Except(served.JobTypes).Concat(withoutRoom).ToHashSet() : new HashSet<string>(),
            Except = except,
            Attributes = served.ExclusiveBy.Values.ToHashSet(),
            Limit = CandidateWindow.Size,
        };
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

        try
        {
            await RunAsync(claimed, sent, slot, execute);
        }
        catch (Exception exception)
        {
            // The border of one job: whatever the row holds, that it was claimed and came to nothing is said.
            LogNotRun(exception, seen.Id);
        }

        return true;
    }

    private async Task RunAsync(ClaimedJob claimed, long sent, TakenSlot slot, Func<RunningJob, Task> execute)
    {
        var log = new JobLog(
            claimed.Row.Id, LogExcerpt.Read(claimed.Row.Raw(JobAttributes.Logs), time.GetUtcNow()), options.Marks, lines.Write, time);
        using var running = new RunningJob(claimed, log, sent) { Slot = slot };
        heartbeat.Add(running);
        try
        {
            LogJobClaimed(claimed.Row.Id, claimed.Row.JobType, claimed.Claim.Attempt, claimed.Row.LockText);
            await execute(running);
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
        if (Window.NextDue is { } due && due - time.GetUtcNow() < wait)
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
        await Window.ClearAsync();
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

    [LoggerMessage(EventName = "ClaimedJobNotRun", Level = LogLevel.Critical, Message = "Job {JobId} was claimed and could not be run. Its claim lapses and the job is taken up again")]
    private partial void LogNotRun(Exception exception, string jobId);

    [LoggerMessage(EventName = "DiskShort", Level = LogLevel.Error, Message = "{Shortage}")]
    private partial void LogDiskShort(string shortage);

    [LoggerMessage(EventName = "DiskHasRoom", Level = LogLevel.Information, Message = "The disk of the state folder has room again; jobs are claimed")]
    private partial void LogDiskHasRoom();

    [LoggerMessage(EventName = "PollFailed", Level = LogLevel.Error, Message = "The queue {Store} could not be polled. Running jobs go on; the poll is tried again with growing waits")]
    private partial void LogPollFailed(Exception exception, string store);

    [LoggerMessage(EventName = "PollRecovered", Level = LogLevel.Information, Message = "The queue {Store} is polled again after {Count} failure(s)")]
    private partial void LogPollRecovered(string store, int count);
}
