using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>Writes how an attempt ended into its row.</summary>
internal sealed partial class JobRecorder(IJobStore store, RefusalCounts refusals, ExecutorOptions options, TimeProvider time, ILogger<JobRecorder> logger)
{
    /// <summary>The largest excerpt that an ended row carries, in bytes.</summary>
    public const int FinalExcerptBytes = 100 * 1024;

    /// <summary>The longest error that a row carries, in UTF-16 code units.</summary>
    public const int MaxErrorLength = 4000;

    private static readonly Dictionary<string, RowValue> NoAttributes = [];

    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Cuts an error to a length, but not within a surrogate pair: half of one is no text.</summary>
    public static string Cut(string error, int length) => error.Length <= length ? error : error[..(char.IsHighSurrogate(error[length - 1]) ? length - 1 : length)];

    /// <summary>Records the end. Tries as long as the claim holds, since a job that ended unrecorded would run again.</summary>
    public async Task RecordAsync(RunningJob running, AttemptEnd end, DateTimeOffset startedAt)
    {
        var claim = running.Claimed.Claim;
        // Also when it was lost behind the end, while the handler was asked about it or the attempt's files were put away.
        if (end.Kind == AttemptEndKind.ClaimLost || running.Reason == StopReason.ClaimLost)
        {
            // The row is another's. What the attempt used is known to nobody else.
            LogAttemptDropped(claim.JobId, end.Run is { ExitConfirmed: true }, StoredResults.Attempts(null, Attempt(running, end, StoredResults.LostClaim, time.GetUtcNow(), startedAt)));
            return;
        }

        var (status, write) = await WriteFor(running, end, startedAt);
        running.IsFinishing = true;
        var result = await TryUntilLost(running, write);
        LogRecorded(result, claim.JobId, status);
    }

    private async Task<(string Status, Func<bool, CancellationToken, Task<FinishResult>> Write)> WriteFor(RunningJob running, AttemptEnd end, DateTimeOffset startedAt)
    {
        var claim = running.Claimed.Claim;
        var now = time.GetUtcNow();
        switch (end)
        {
            case { Kind: AttemptEndKind.GivenBack }:
                running.Log.Add(JobLog.Warning, $"The job is given back: {end.Reason}");
                var release = GiveBack(running, end, now, startedAt);
                return (release.Status, (_, token) => store.ReleaseAsync(claim, release, token));
            case { Kind: AttemptEndKind.Outcome, Outcome.Kind: JobOutcomeKind.Recheck }:
                var recheck = Recheck(running, end, now, startedAt);
                return (recheck.Status, (whole, token) => store.ReleaseAsync(
                    claim, whole ? recheck : recheck with { Attributes = NoAttributes, Logs = running.Log.Take(FinalExcerptBytes) }, token));
            case { Kind: AttemptEndKind.Cancelled }:
                var cancelled = await CancelledAsync(running, end, now, startedAt);
                return (cancelled.Status, (_, token) => store.FinishAsync(claim, cancelled, token));
            default:
                var finish = Finish(running, end, end.Outcome!, now, startedAt);
                return (finish.Status, (whole, token) => store.FinishAsync(
                    claim, whole ? finish : finish with { Attributes = NoAttributes, Logs = running.Log.Take(FinalExcerptBytes) }, token));
        }
    }

    private JobFinish Finish(RunningJob running, AttemptEnd end, JobOutcome outcome, DateTimeOffset now, DateTimeOffset startedAt)
    {
        // Before the log is taken, in which it says what it refuses.
        var attributes = Allowed(running, outcome);
        var isCompleted = outcome.Kind == JobOutcomeKind.Completed;
        var error = outcome.Error is { } whole ? Cut(whole, MaxErrorLength) : null;
        var results = StoredResults.Results(isCompleted ? StoredResults.Success : StoredResults.Failure, now, error, outcome.ResultsJson);
        if (error is not null)
        {
            running.Log.Add(JobLog.Error, error);
        }

        running.Log.Add(JobLog.Information, isCompleted ? "Job completed" : "Job failed");
        return Terminal(running, end, isCompleted ? JobStatuses.Completed : JobStatuses.Failed, results, error, now, startedAt) with
        {
            Attributes = attributes,
        };
    }

    private async Task<JobFinish> CancelledAsync(RunningJob running, AttemptEnd end, DateTimeOffset now, DateTimeOffset startedAt)
    {
        string? request;
        try
        {
            request = (await store.GetAsync(running.Claimed.Claim.JobId, CancellationToken.None))?.CancelRequested;
        }
        catch (StoreException)
        {
            // The reason is worth one read, not the write.
            request = null;
        }

        var error = request is null ? "Cancelled" : $"Cancelled: {request}";
        running.Log.Add(JobLog.Warning, error);
        return Terminal(running, end, JobStatuses.Failed, StoredResults.Results(StoredResults.Cancelled, now, error, null), error, now, startedAt);
    }

    private JobFinish Terminal(
        RunningJob running, AttemptEnd end, string status, string results, string? error, DateTimeOffset now, DateTimeOffset startedAt)
    {
        // Whoever gives a job back takes the attempt back too: behind a higher one is a host that told nobody how its command ended. Of a job that is
        // complete without a command its handler knows enough.
        var confirmed = end.Run is { } run
            ? run.ExitConfirmed
            : running.Claimed.Claim.Attempt == 1 || running.Claimed.Row.Rechecks > 0 || status == JobStatuses.Completed;
        return new JobFinish
        {
            Status = status,
            CompletedAt = now,
            Results = results,
            ErrorMessage = error,
            Logs = running.Log.Take(FinalExcerptBytes),
            ProcessExitConfirmed = confirmed,
            ExitProof = end.Run?.ExitProof ?? (confirmed ? "nothing was started" : "an earlier attempt was not seen to end"),
            Attempts = History(running, end, status == JobStatuses.Completed ? "completed" : end.Kind == AttemptEndKind.Cancelled ? "cancelled" : "failed", now, startedAt),
            HandledBy = end.Handler?.HandledBy,
        };
    }

    private JobRelease Recheck(RunningJob running, AttemptEnd end, DateTimeOffset now, DateTimeOffset startedAt)
    {
        var outcome = end.Outcome!;
        var attributes = Allowed(running, outcome);
        running.Log.Add(JobLog.Information, string.Create(CultureInfo.InvariantCulture, $"Not done yet; to be checked again in {outcome.Delay.TotalSeconds:0.#} s"));
        return new JobRelease
        {
            Status = JobStatuses.AwaitingRecheck,
            UpdatedAt = now,
            Attempt = running.Claimed.Claim.Attempt,
            Rechecks = running.Claimed.Row.Rechecks,
            NotBefore = now + outcome.Delay,
            Logs = running.Log.Take(FinalExcerptBytes),
            Attempts = History(running, end, "recheck", now, startedAt),
            HandledBy = end.Handler?.HandledBy,
            Attributes = attributes,
        };
    }

    private JobRelease GiveBack(RunningJob running, AttemptEnd end, DateTimeOffset now, DateTimeOffset startedAt)
    {
        var wasRecheck = running.Claimed.Row.Rechecks > 0;
        return new JobRelease
        {
            Status = wasRecheck ? JobStatuses.AwaitingRecheck : JobStatuses.Pending,
            UpdatedAt = now,
            Attempt = wasRecheck ? running.Claimed.Claim.Attempt : running.Claimed.Claim.Attempt - 1,
            Rechecks = wasRecheck ? running.Claimed.Row.Rechecks - 1 : 0,
            NotBefore = wasRecheck || end.Delay > TimeSpan.Zero ? now + end.Delay : null,
            Logs = running.Log.Take(FinalExcerptBytes),
            Attempts = History(running, end, "given back", now, startedAt),
            HandledBy = end.Handler?.HandledBy,
        };
    }

    private string History(RunningJob running, AttemptEnd end, string how, DateTimeOffset now, DateTimeOffset startedAt) =>
        StoredResults.Attempts(
            running.Claimed.Row.Text(JobAttributes.Attempts), Attempt(running, end, how, now, startedAt));

    private AttemptRecord Attempt(RunningJob running, AttemptEnd end, string how, DateTimeOffset now, DateTimeOffset startedAt) => new()
    {
        Attempt = running.Claimed.Claim.Attempt,
        Host = options.HostName,
        WorkerId = options.WorkerId,
        StartedAt = startedAt,
        EndedAt = now,
        End = how,
        Run = end.Run,
    };

    private Dictionary<string, RowValue> Allowed(RunningJob running, JobOutcome outcome)
    {
        var allowed = new Dictionary<string, RowValue>(StringComparer.Ordinal);
        foreach (var (name, value) in outcome.Attributes)
        {
            if (JobAttributes.OwnedByHost.Contains(name))
            {
                refusals.Add(RefusalKind.Attribute, running.Claimed.Row.JobType);
                running.Log.Add(JobLog.Warning, $"The handler asked to set the attribute '{name}', which belongs to the host; it was left as it is.");
            }
            else
            {
                TryAdd(allowed, name, value, running);
            }
        }

        return allowed;
    }

    private void TryAdd(Dictionary<string, RowValue> allowed, string name, JobAttribute value, RunningJob running)
    {
        try
        {
            allowed[name] = value.ToRowValue();
        }
        catch (InvalidRowException exception)
        {
            refusals.Add(RefusalKind.Attribute, running.Claimed.Row.JobType);
            running.Log.Add(JobLog.Warning, $"The handler asked to set the attribute '{name}' to what no row can hold: {exception.Message}");
        }
    }

    /// <param name="running">The job.</param>
    /// <param name="write">The write: true with the handler's attributes, false without them.</param>
    private async Task<FinishResult> TryUntilLost(RunningJob running, Func<bool, CancellationToken, Task<FinishResult>> write)
    {
        var wait = TimeSpan.FromMilliseconds(100);
        var whole = true;
        var failures = 0;
        while (true)
        {
            // Its own limit: the job's tokens may be cancelled already, and this write is due all the same.
            using var limit = new CancellationTokenSource(WriteLimit, time);
            try
            {
                var writing = write(whole, limit.Token);
                if (store.WritesInOrder)
                {
                    running.Slot?.GiveBack();
                }

                return await writing;
            }
            catch (InvalidRowException exception) when (whole)
            {
                // A job must not run again because its handler asked for what this store cannot hold.
                running.Slot?.TakeAgain();
                refusals.Add(RefusalKind.Attribute, running.Claimed.Row.JobType);
                running.Log.Add(JobLog.Warning, $"The handler's attributes could not be stored: {exception.Message}");
                whole = false;
                continue;
            }
            catch (Exception exception) when (exception is StoreException or OperationCanceledException)
            {
                running.Slot?.TakeAgain();
                if (failures++ == 0)
                {
                    LogWriteFailed(exception, running.Claimed.Claim.JobId);
                }

                if (running.Reason == StopReason.ClaimLost)
                {
                    return FinishResult.Lost;
                }
            }

            await Task.Delay(wait, time, CancellationToken.None);
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LongestWait.Ticks));
        }
    }

    private void LogRecorded(FinishResult result, string jobId, string status)
    {
        switch (result)
        {
            case FinishResult.Recorded:
                LogJobEnded(jobId, status);
                break;
            case FinishResult.ForeignEnd:
                LogForeignEnd(jobId);
                break;
            default:
                LogEndNotRecorded(jobId, status, result);
                break;
        }
    }

    [LoggerMessage(EventName = "JobEnded", Level = LogLevel.Information, Message = "Job {JobId} marked as {Status}")]
    private partial void LogJobEnded(string jobId, string status);

    [LoggerMessage(EventName = "ForeignEndKept", Level = LogLevel.Warning, Message = "Job {JobId} was ended by another writer; its status is kept, the results were added")]
    private partial void LogForeignEnd(string jobId);

    [LoggerMessage(EventName = "EndNotRecorded", Level = LogLevel.Error, Message = "Job {JobId} ended as {Status}, but its row is no longer this host's ({Result}); nothing was written")]
    private partial void LogEndNotRecorded(string jobId, string status, FinishResult result);

    [LoggerMessage(EventName = "LastWriteFailed", Level = LogLevel.Warning, Message = "The end of job {JobId} could not be written this time. It is tried again for as long as its claim holds")]
    private partial void LogWriteFailed(Exception exception, string jobId);

    [LoggerMessage(EventName = "AttemptDropped", Level = LogLevel.Error, Message = "Job {JobId} lost its claim; its process is gone: {ExitConfirmed}. Nothing is written to its row. The attempt: {Attempt}")]
    private partial void LogAttemptDropped(string jobId, bool exitConfirmed, string attempt);
}
