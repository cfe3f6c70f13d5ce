using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Batches;
using DelphiRunner.Plugins.Delphi.Commands;
using DelphiRunner.Plugins.Delphi.Rows;
using DelphiRunner.Plugins.Delphi.Settings;
using DelphiRunner.Plugins.Delphi.Sizes;

namespace DelphiRunner.Plugins.Delphi;

/// <summary>Sends a batch of narrative reports to the provider, which costs money each time: no row is sent twice once its batch is known.</summary>
[HandlesJobType("CREATE_NARRATIVE_BATCH", RunsAtMostOnce = true)]
[RunsProgram("python")]
[WorksInFolder(DelphiSettings.DefaultAppPath)]
public sealed class CreateNarrativeBatchHandler : IJobHandler, IJobSizer
{
    private readonly Func<string, string?> _hostVariable;
    private DelphiSettings? _settings;

    /// <summary>Makes a handler that reads the host's own environment where the settings say nothing.</summary>
    public CreateNarrativeBatchHandler()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal CreateNarrativeBatchHandler(Func<string, string?> hostVariable) => _hostVariable = hostVariable;

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
    public async Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        if (job.GetText(BatchId.Attribute) is { } batchId)
        {
            // A batch that was paid for is looked after even where the row's configuration can no longer be read.
            var sent = new BatchSubmission(Settings, job, JobIdentity.Read(job), context);
            return JobPlan.Finish(await sent.AdoptAsync(batchId, jobToken));
        }

        var parameters = JobParameters.Read(job);
        if (job.GetText(BatchSubmission.LostAttribute) is not null)
        {
            return JobPlan.Finish(JobOutcome.Failed(BatchSubmission.LostText(job.Id)));
        }

        if (job.Attempt > 1)
        {
            context.Log(
                JobLogLevel.Error,
                $"This is attempt {job.Attempt} of a submission whose earlier attempt left no batch_id: the provider may already have been sent a "
                + "batch, and this one would be paid beside it. Look at the provider's list of batches.");
        }

        return Plan(parameters, context);
    }

    /// <inheritdoc/>
    public Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken)
    {
        var parameters = JobParameters.Read(job);
        var submission = new BatchSubmission(Settings, job, parameters.Identity, context);
        return submission.ConcludeAsync(result, ChooseModel(parameters), jobToken);
    }

    private JobPlan Plan(JobParameters parameters, JobContext context)
    {
        var wanted = parameters.Find("model", "NARRATIVE_BATCH_MODEL")?.AsText();
        if (ChooseModel(parameters) is not { } model)
        {
            return JobPlan.Finish(JobOutcome.Failed(
                "No model is configured: set plugins.settings.Delphi.model or ANTHROPIC_MODEL"
                + (wanted is null ? "." : $". The job's own, {SeenText.Quote(wanted)}, counts only with honor_job_model: true.")
                + " Nothing was sent."));
        }

        if (wanted is not null && wanted != model)
        {
            context.Log(JobLogLevel.Information, $"The job asks for model {SeenText.Quote(wanted)}; '{model}' is used (honor_job_model is false).");
        }

        var batchSize = parameters.Find("max_batch_size", "NARRATIVE_BATCH_MAX_SIZE")?.AsWhole(1, 100_000) ?? Settings.MaxBatchSize;
        var arguments = new ArgumentList(Settings.Flags.CreateNarrativeBatch, context)
            .Require("conversation_id", parameters.Identity.ConversationId)
            .Require("model", model)
            .AddWhenTrue("include_moderation", parameters.Find("include_moderation")?.AsBoolean() ?? false)
            .AddTrueByDefault("exclude_comment_selections", parameters.Find("exclude_comment_selections")?.AsBoolean() ?? true)
            .Add("max-batch-size", batchSize.ToString(CultureInfo.InvariantCulture))
            .AddSwitch("no-cache", parameters.Find("no_cache", "NARRATIVE_BATCH_NO_CACHE")?.AsBoolean() ?? false);
        return ScriptCommand.Plan(
            Settings, Settings.Commands.CreateNarrativeBatch, arguments, parameters, new Dictionary<string, string> { ["ANTHROPIC_MODEL"] = model });
    }

    private string? ChooseModel(JobParameters parameters) =>
        Settings.HonorJobModel && parameters.Find("model", "NARRATIVE_BATCH_MODEL") is { } wanted ? ModelName.Check(wanted) : Settings.Model;
}
