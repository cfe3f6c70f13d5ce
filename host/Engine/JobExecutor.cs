using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Security.Masking;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>Takes one claimed job through its stages: resolve, plan, approve, run, conclude, record.</summary>
internal sealed partial class JobExecutor(
    Func<string?, JobHandler?> resolve, JobCommands commands, IJobQueue queue, JobRecorder recorder, RefusalCounts refusals, ExecutorOptions options, TimeProvider time, ILogger<JobExecutor> logger)
{
    // A plugin's own call must not be able to hold a slot for ever; its command has its own time limit.
    private static readonly TimeSpan PluginCallLimit = TimeSpan.FromMinutes(5);

    /// <summary>Runs the job to its last write. Never throws: whatever happens to one job stays with it.</summary>
    public async Task ExecuteAsync(RunningJob running)
    {
        var claim = running.Claimed.Claim;
        var startedAt = time.GetUtcNow();
        try
        {
            running.Log.Add(JobLog.Information, $"Worker {claim.WorkerId} starting job {claim.JobId} (attempt {claim.Attempt})");
            using var folder = new AttemptFolder(options.Folders, claim.JobId, claim.Attempt, running.Claimed.Row.Rechecks);
            var masker = commands.MaskerFor(running.Claimed.Row.JobType);
            var end = await RunStagesAsync(running, folder, masker);
            if (end.Run?.Unkillable is { } gone)
            {
                // First of all: whatever fails behind this, the slot stays closed.
                running.Slot?.KeepUntil(gone);
                LogProcessUnkillable(claim.JobId, end.Run.ExitProof);
            }

            folder.IsQuiet = end.Run is null or { ExitConfirmed: true };
            if (end is { Handler: { } handler, HandlerFault: { } fault })
            {
                LogHandlerFailed(MaskedException.Of(fault, masker), claim.JobId, handler.Name, handler.Plugin);
            }

            end = end.Masked(masker).WithUsableResults(out var areRefused);
            if (areRefused)
            {
                refusals.Add(RefusalKind.Job, running.Claimed.Row.JobType);
            }

            if (end is { Kind: AttemptEndKind.Outcome, Outcome.Kind: JobOutcomeKind.Failed } && folder.KeepFailed() is { } kept)
            {
                running.Log.Add(JobLog.Information, kept);
            }

            await recorder.RecordAsync(running, end, startedAt);
        }
        catch (Exception exception)
        {
            // The border of one job. The row keeps its claim, which lapses, so that the job is taken up again.
            LogJobAbandoned(exception, claim.JobId);
        }
    }

    private async Task<AttemptEnd> RunStagesAsync(RunningJob running, AttemptFolder folder, SecretMasker masker)
    {
        var row = running.Claimed.Row;
        if (row.CancelRequested is not null)
        {
            return new AttemptEnd { Kind = AttemptEndKind.Cancelled };
        }

        if (AttemptsUsedUp(row, running.Claimed.Claim.Attempt) is { } usedUp)
        {
            return AttemptEnd.Failed(usedUp);
        }

        if (resolve(row.JobType) is not { } handler)
        {
            refusals.Add(RefusalKind.JobType, row.JobType);
            return AttemptEnd.Failed(
                row.JobType is null
                    ? "The row has no job_type. Nothing was started."
                    : $"Unknown job_type '{row.JobType}'. Nothing was started. Submit the job again with a type that is served.");
        }

        var job = row.ToJob();
        var context = new HandlerContext(handler.Settings, folder, queue, running.Log, masker, time);
        ProcessRun? run = null;
        try
        {
            var plan = await Bounded(() => handler.Instance.PlanAsync(job, context, running.HandlerJobToken), folder, running.JobToken);
            if (plan.Outcome is { } outcome)
            {
                return new AttemptEnd { Kind = AttemptEndKind.Outcome, Outcome = outcome, Handler = handler };
            }

            var command = Approve(plan.Command!, handler, running, folder);
            await running.Claimed.Settled.WaitAsync(running.JobToken);
            run = await commands.RunAsync(command, running, folder);
            if (run is { ResultFileLeftOut: true })
            {
                refusals.Add(RefusalKind.ResultFile, row.JobType);
            }

            if (run?.Fault is { } fault)
            {
                LogRunFailed(fault, row.Id);
            }

            return run switch
            {
                null or { Result.End: ProcessEnd.Stopped } => Stopped(running, handler, run),
                { Fault: not null } => HostFailed(run.Fault, handler) with { Run = run },
                _ => Concluded(await ConcludeAsync(handler, job, run, context, folder, running), run) with { Handler = handler, Run = run },
            };
        }
        catch (Exception exception)
        {
            if (RefusedBy(exception) is { } kind)
            {
                refusals.Add(kind, row.JobType);
            }

            return EndOf(exception, running, handler, run);
        }
    }

    private ApprovedCommand Approve(JobCommand command, JobHandler handler, RunningJob running, AttemptFolder folder)
    {
        var claim = running.Claimed.Claim;
        var fence = string.Create(CultureInfo.InvariantCulture, $"{claim.Attempt}:{claim.ClaimId}");
        var made = new List<Refusal>();
        try
        {
            return commands.Approve(command, handler, running.Claimed.Row, folder.Place, fence, made);
        }
        finally
        {
            Report(made, running);
        }
    }

    private void Report(IEnumerable<Refusal> made, RunningJob running)
    {
        foreach (var refusal in made)
        {
            if (refusal.Text is { } text)
            {
                running.Log.Add(JobLog.Warning, text);
            }

            if (refusal.Kind is { } kind)
            {
                refusals.Add(kind, running.Claimed.Row.JobType);
            }
        }
    }

    // Whoever is asked again may start a second command beside the first.
    private static AttemptEnd Concluded(JobOutcome outcome, ProcessRun run) => outcome.Kind == JobOutcomeKind.Recheck && run.MayStillRun
        ? AttemptEnd.Failed($"The job is not checked again, since its command may still run: {run.ExitProof}. End what is left of it before you submit the job again.")
        : new AttemptEnd { Kind = AttemptEndKind.Outcome, Outcome = outcome };

    /// <summary>
    /// Asks the handler how the job ended, again and again while the queue fails it: the command must not run twice for that. Once the job is to end, it
    /// asks for the last time.
    /// </summary>
    private async Task<JobOutcome> ConcludeAsync(
        JobHandler handler, Job job, ProcessRun run, JobContext context, AttemptFolder folder, RunningJob running)
    {
        while (true)
        {
            var isLast = running.Reason != StopReason.None;
            try
            {
                return await Bounded(() => handler.Instance.ConcludeAsync(job, run.Result, context, running.HandlerKillToken), folder, running.KillToken);
            }
            catch (JobQueueException exception) when (running.Reason != StopReason.ClaimLost)
            {
                if (isLast)
                {
                    return JobOutcome.Failed(
                        string.Create(CultureInfo.InvariantCulture, $"The command ended with exit code {run.Result.ExitCode}, but how the job ended could not be found out before the job or its host was stopped: {exception.Message}"));
                }

                context.Log(JobLogLevel.Warning, $"{exception.Message} The end of the job is looked at again in {options.StoreRetryDelay.TotalSeconds:0} s.");
                await Task.Delay(options.StoreRetryDelay, time, running.JobToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <exception cref="HandlerSilentException">It took too long.</exception>
    private async Task<T> Bounded<T>(Func<Task<T>> call, AttemptFolder folder, CancellationToken token)
    {
        var answer = Task.Run(call, token);
        try
        {
            return await answer.WaitAsync(PluginCallLimit, time, token);
        }
        catch (TimeoutException) when (!answer.IsCompleted)
        {
            throw new HandlerSilentException(PluginCallLimit);
        }
        finally
        {
            folder.IsInUse |= !answer.IsCompleted;
        }
    }

    private static RefusalKind? RefusedBy(Exception exception) => exception switch
    {
        CommandDeniedException denied => denied.Kind,
        ConfinementException => RefusalKind.Confinement,
        InvalidJobException => RefusalKind.Job,
        _ => null,
    };

    private AttemptEnd EndOf(Exception exception, RunningJob running, JobHandler handler, ProcessRun? run) => exception switch
    {
        // A command that has ended is not started again because its handler gave up something of its own while the host stops.
        OperationCanceledException when running.Reason == StopReason.ClaimLost || (running.Reason != StopReason.None && run is null) => Stopped(running, handler, run),
        InvalidJobException or CommandDeniedException or ConfinementException or ProcessStartException => AttemptEnd.Failed(exception.Message) with { Handler = handler, Run = run },
        JobQueueException or StoreException => GivenBack(exception.Message, options.StoreRetryDelay, handler, run),
        AttemptFolderException => HostFolderFailed(exception, running, handler, run),
        HandlerSilentException silent => AttemptEnd.Failed(
            string.Create(CultureInfo.InvariantCulture, $"Handler '{handler.Name}' did not answer within {silent.Limit.TotalMinutes:0} minutes.")) with
        { Handler = handler, Run = run },
        _ => HandlerFailed(exception, handler) with { Run = run },
    };

    private static AttemptEnd HandlerFailed(Exception exception, JobHandler handler) =>
        AttemptEnd.Failed($"Handler '{handler.Name}' of plugin '{handler.Plugin}' threw {exception.GetType().Name}: {ExceptionText.MessageOf(exception)}") with
        { Handler = handler, HandlerFault = exception };

    private static AttemptEnd HostFailed(Exception fault, JobHandler handler) =>
        AttemptEnd.Failed($"The host failed while the command ran, and ended it: {fault.GetType().Name}: {fault.Message}") with { Handler = handler };

    // Another host, or this one when its disk is well again, may run the job: it is not the job that failed.
    private AttemptEnd HostFolderFailed(Exception fault, RunningJob running, JobHandler handler, ProcessRun? run)
    {
        LogFolderFailed(fault, running.Claimed.Claim.JobId);
        return GivenBack(fault.Message, options.StoreRetryDelay, handler, run);
    }

    private static AttemptEnd Stopped(RunningJob running, JobHandler handler, ProcessRun? run) => running.Reason switch
    {
        StopReason.ClaimLost => new AttemptEnd { Kind = AttemptEndKind.ClaimLost, Handler = handler, Run = run },
        StopReason.Cancelled => new AttemptEnd { Kind = AttemptEndKind.Cancelled, Handler = handler, Run = run },
        _ when run is not null && handler.RunsAtMostOnce => AttemptEnd.Failed(
            "The host was stopped while the command ran, and a job of this type must not be started twice. Check what the command did before you submit it again.") with
        { Handler = handler, Run = run },
        _ => GivenBack("The host is stopping.", TimeSpan.Zero, handler, run),
    };

    /// <summary>Gives a job back, unless its command may still run: whoever took it up then, this host or another, would start a second one beside it.</summary>
    private static AttemptEnd GivenBack(string reason, TimeSpan delay, JobHandler handler, ProcessRun? run) => run is { MayStillRun: true }
        ? AttemptEnd.Failed($"{reason} The job is not given back, since its command may still run: {run.ExitProof}. End what is left of it before you submit the job again.") with
        { Handler = handler, Run = run }
        : new AttemptEnd { Kind = AttemptEndKind.GivenBack, Reason = reason, Delay = delay, Handler = handler, Run = run };

    private string? AttemptsUsedUp(JobRow row, int attempt)
    {
        var limit = row.Whole(JobAttributes.MaxRetries) is >= 0 and var retries ? (int)Math.Min(options.MaxAttempts, retries + 1) : options.MaxAttempts;
        return attempt > limit
            ? $"The job was begun {attempt - 1} times without coming to an end, and {limit} attempts are allowed. Look at its log for what ends its host or its command, then submit it again."
            : null;
    }

    [LoggerMessage(EventName = "ProcessUnkillable", Level = LogLevel.Critical, Message = "A process of job {JobId} cannot be killed: {Proof}. Its slot stays closed until it is gone; look for a device or file system that does not answer")]
    private partial void LogProcessUnkillable(string jobId, string proof);

    [LoggerMessage(EventName = "JobAbandoned", Level = LogLevel.Critical, Message = "Job {JobId} could not be brought to its last write. Its claim lapses and the job is taken up again")]
    private partial void LogJobAbandoned(Exception exception, string jobId);

    [LoggerMessage(EventName = "RunFailed", Level = LogLevel.Error, Message = "The host failed while the command of job {JobId} ran, and ended it")]
    private partial void LogRunFailed(Exception exception, string jobId);

    [LoggerMessage(EventName = "AttemptFolderFailed", Level = LogLevel.Error, Message = "The host could not make the folders of job {JobId}, which is given back. Look at the disk of the state folder")]
    private partial void LogFolderFailed(Exception exception, string jobId);

    [LoggerMessage(EventName = "HandlerFailed", Level = LogLevel.Error, Message = "Handler {Handler} of plugin {Plugin} failed on job {JobId}")]
    private partial void LogHandlerFailed(Exception exception, string jobId, string handler, string plugin);
}
