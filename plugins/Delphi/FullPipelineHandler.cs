using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Commands;
using DelphiRunner.Plugins.Delphi.Results;
using DelphiRunner.Plugins.Delphi.Rows;
using DelphiRunner.Plugins.Delphi.Settings;
using DelphiRunner.Plugins.Delphi.Sizes;

namespace DelphiRunner.Plugins.Delphi;

/// <summary>Runs the whole analysis of a conversation. The script begins by deleting the conversation's earlier results.</summary>
[HandlesJobType("FULL_PIPELINE")]
[RunsProgram("python")]
[WorksInFolder(DelphiSettings.DefaultAppPath)]
public sealed class FullPipelineHandler : IJobHandler, IJobSizer
{
    // The script prints "Results stored in DynamoDB for conversation" too, but also after a part of it failed.
    private const string ClosingLine = "Results stored in DynamoDB and visualizations for conversation";
    private const string DegradedLine = "UMAP Narrative pipeline returned non-zero exit code";

    private readonly Func<string, string?> _hostVariable;
    private DelphiSettings? _settings;

    /// <summary>Makes a handler that reads the host's own environment where the settings say nothing.</summary>
    public FullPipelineHandler()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal FullPipelineHandler(Func<string, string?> hostVariable) => _hostVariable = hostVariable;

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
        var identity = parameters.Identity;
        if (identity.ReportId is { } report)
        {
            context.Log(JobLogLevel.Information, $"Passing report_id {report} to run_delphi.py");
        }

        var arguments = new ArgumentList(Settings.Flags.FullPipeline, context)
            .Require("zid", identity.ConversationId)
            .AddWhenTrue("include_moderation", parameters.Find("include_moderation")?.AsBoolean() ?? false)
            .AddTrueByDefault("exclude_comment_selections", parameters.Find("exclude_comment_selections")?.AsBoolean() ?? true)
            .Add("rid", identity.ReportId);
        return Task.FromResult(ScriptCommand.Plan(Settings, Settings.Commands.FullPipeline, arguments, parameters, ReadLimits(parameters)));
    }

    /// <inheritdoc/>
    public Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken)
    {
        var identity = JobParameters.Read(job).Identity;
        var file = ResultFile.Read(result);
        var results = JobResults.Of(result, identity);
        if (!result.Succeeded)
        {
            return Task.FromResult(JobOutcome.Failed(FailureText.Of(result, file)) with { ResultsJson = results.ToJson(file) });
        }

        if (result.LastLines.Any(line => line.Contains(DegradedLine, StringComparison.Ordinal)))
        {
            // Not a failure: the script itself calls it a warning and ends with 0, the statistics are stored, and a retry would begin
            // by deleting them. The visualizations come from the part that failed, so none is named.
            const string warning = "The narrative part of the pipeline failed; only the statistics were stored.";
            context.Log(JobLogLevel.Warning, warning);
            results.Set("degraded", value: true).Set("warning", warning);
        }
        else
        {
            WarnWithoutClosingLine(result, results, context);
            AddVisualizations(results, identity);
        }

        return Task.FromResult(JobOutcome.Completed() with { ResultsJson = results.ToJson(file) });
    }

    private static void WarnWithoutClosingLine(ProcessResult result, JobResults results, JobContext context)
    {
        if (!result.LastLines.Any(line => line.Contains(ClosingLine, StringComparison.Ordinal)))
        {
            const string warning = $"The pipeline ended with code 0, but without its line '{ClosingLine} …'.";
            context.Log(JobLogLevel.Warning, warning);
            results.Set("warning", warning);
        }
    }

    private void AddVisualizations(JobResults results, JobIdentity identity)
    {
        var path = $"visualizations/{identity.ReportOrConversationId}/{identity.JobId}";
        results.Set("visualization_path", path);
        if (Settings.S3Endpoint is { } endpoint)
        {
            results.SetEntry(
                "visualization_urls", "interactive", $"{endpoint}/{Settings.Bucket ?? DelphiSettings.DefaultBucket}/{path}/layer_0_datamapplot.html");
        }
    }

    /// <summary>The scripts take their two limits from the environment; they have no flags for them.</summary>
    private Dictionary<string, string> ReadLimits(JobParameters parameters)
    {
        var limits = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, variable) in new[] { ("max_votes", "MAX_VOTES"), ("batch_size", "BATCH_SIZE") })
        {
            if (parameters.Find(key, variable, stageName: "PCA") is not { } value)
            {
                if (Settings.Limits.TryGetValue(variable, out var otherwise))
                {
                    limits[variable] = otherwise;
                }

                continue;
            }

            // The row's own variable travels as the row's, through the host's policy, and is only checked here.
            var number = value.AsWhole(1, int.MaxValue);
            if (!value.Where.StartsWith("environment.", StringComparison.Ordinal))
            {
                limits[variable] = number.ToString(CultureInfo.InvariantCulture);
            }
        }

        return limits;
    }
}
