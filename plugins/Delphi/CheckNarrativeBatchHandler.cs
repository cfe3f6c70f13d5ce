using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Batches;
using DelphiRunner.Plugins.Delphi.Commands;
using DelphiRunner.Plugins.Delphi.Results;
using DelphiRunner.Plugins.Delphi.Rows;
using DelphiRunner.Plugins.Delphi.Settings;
using DelphiRunner.Plugins.Delphi.Sizes;

namespace DelphiRunner.Plugins.Delphi;

/// <summary>Asks whether a batch is done, again and again, until its results are stored.</summary>
[HandlesJobType("AWAITING_NARRATIVE_BATCH")]
[HandlesJobType("BATCH_STATUS_CHECK")]
[RunsProgram("python")]
[WorksInFolder(DelphiSettings.DefaultAppPath)]
public sealed class CheckNarrativeBatchHandler : IJobHandler, IJobSizer
{
    private const int StillRunning = 3;
    private const int CheckFailed = 1;
    private const string FailuresAttribute = "check_failures";

    private readonly Func<string, string?> _hostVariable;
    private DelphiSettings? _settings;

    /// <summary>Makes a handler that reads the host's own environment where the settings say nothing.</summary>
    public CheckNarrativeBatchHandler()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal CheckNarrativeBatchHandler(Func<string, string?> hostVariable) => _hostVariable = hostVariable;

    private DelphiSettings Settings => _settings ?? throw new InvalidOperationException("The handler has not been configured.");

    /// <inheritdoc/>
    public Task ConfigureAsync(HandlerSettings settings, CancellationToken stoppingToken)
    {
        _settings = SettingsReader.Read(settings, _hostVariable);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<JobSize> SizeAsync(Job job, CancellationToken answerToken) => ConversationSizes.For(Settings).SizeAsync(job, answerToken);

    /// <inheritdoc/>
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        var parameters = JobParameters.Read(job);
        var arguments = new ArgumentList(new HashSet<string>(), context).Require("job-id", FindParentId(job));
        return Task.FromResult(ScriptCommand.Plan(Settings, Settings.Commands.CheckNarrativeBatch, arguments, parameters));
    }

    /// <inheritdoc/>
    public async Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken)
    {
        var code = result.End == ProcessEnd.Exited ? result.ExitCode : -1;
        var failures = CountFailures(job);
        var schedule = new RecheckSchedule(Settings.Recheck);
        if (code == StillRunning && !schedule.IsOver(job, context.Time.GetUtcNow()))
        {
            return Recheck(schedule.DelayAfter(job.Rechecks), failures == 0 ? null : 0);
        }

        if (code == CheckFailed && failures < Settings.CheckFailureRetries)
        {
            context.Log(
                JobLogLevel.Warning,
                $"{FailureText.Of(result, ResultFile.Read(result))} The check is asked again, {failures + 1} of {Settings.CheckFailureRetries}.");
            return Recheck(schedule.DelayAfter(job.Rechecks), failures + 1);
        }

        return await EndAsync(job, result, failures, context, jobToken);
    }

    private async Task<JobOutcome> EndAsync(Job job, ProcessResult result, int failures, JobContext context, CancellationToken jobToken)
    {
        var file = ResultFile.Read(result);
        var results = JobResults.Of(result, JobParameters.Read(job).Identity)
            .Set(BatchId.Attribute, job.GetText(BatchId.Attribute))
            .Set(BatchCheckers.ParentAttribute, FindParentId(job))
            .Set("rechecks", job.Rechecks);
        await AddParentAsync(job, results, context, jobToken);
        var outcome = result.Succeeded ? JobOutcome.Completed() : JobOutcome.Failed(Describe(job, result, file, failures));
        return outcome with { ResultsJson = results.ToJson(file) };
    }

    private string Describe(Job job, ProcessResult result, ResultFile file, int failures) => result switch
    {
        { End: ProcessEnd.Exited, ExitCode: StillRunning } =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"Gave up on batch {SeenText.Quote(job.GetText(BatchId.Attribute))}: it still runs {Settings.Recheck.Limit.TotalHours:0.##} h after its ")
            + "check was created (recheck.limit), and a provider's batch expires after 24 h.",
        { End: ProcessEnd.Exited, ExitCode: CheckFailed } when failures > 0 =>
            $"{FailureText.Of(result, file)} It had failed {failures} times before (check_failure_retries).",
        _ => FailureText.Of(result, file),
    };

    /// <summary>Reports how the job that sent the batch stands: the check script ends with 0 also where that job failed.</summary>
    private static async Task AddParentAsync(Job job, JobResults results, JobContext context, CancellationToken jobToken)
    {
        var parentId = FindParentId(job);
        if (parentId == job.Id || await context.Queue.GetAsync(parentId, jobToken) is not { } parent)
        {
            return;
        }

        results.Set("parent_status", parent.Status).Set("parent_error", parent.GetText("error_message"));
        if (parent.Status == "FAILED")
        {
            context.Log(JobLogLevel.Warning, $"Job '{parentId}', which sent the batch, is FAILED: {SeenText.Quote(parent.GetText("error_message"))}.");
        }
    }

    private static JobOutcome Recheck(TimeSpan delay, int? failures) => failures is not { } count
        ? JobOutcome.RecheckAfter(delay)
        : JobOutcome.RecheckAfter(delay) with
        {
            Attributes = new Dictionary<string, JobAttribute> { [FailuresAttribute] = JobAttribute.OfNumber(count) },
        };

    /// <summary>Finds the job that sent the batch. A row without one sent it itself.</summary>
    private static string FindParentId(Job job) =>
        job.GetText(BatchCheckers.ParentAttribute) is { } parent ? JobIdentity.CheckJobId(BatchCheckers.ParentAttribute, parent) : job.Id;

    private static int CountFailures(Job job) =>
        int.TryParse(job.GetText(FailuresAttribute), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
}
