using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi;

namespace DelphiRunner.Plugins.Tests.Delphi;

public sealed class FullPipelineHandlerTests
{
    private const string ClosingLine = "Results stored in DynamoDB and visualizations for conversation 39321";
    private const string DegradedLine = "\u001b[0;31mWarning: UMAP Narrative pipeline returned non-zero exit code: 1\u001b[0m";

    [TestCase("true", "--include_moderation=True")]
    [TestCase("\"1\"", "--include_moderation=True")]
    [TestCase("1", "--include_moderation=True")]
    [TestCase("false", null)]
    [TestCase("\"False\"", null)]
    [TestCase("\"0\"", null)]
    [TestCase("null", null)]
    public async Task A_boolean_that_is_false_leaves_its_flag_out(string value, string? argument)
    {
        var command = await PlanAsync($$"""{ "include_moderation": {{value}} }""");

        Assert.That(command.Arguments.SingleOrDefault(a => a.StartsWith("--include_moderation", StringComparison.Ordinal)), Is.EqualTo(argument));
    }

    [TestCase("{}", "--exclude_comment_selections=True")]
    [TestCase("""{ "exclude_comment_selections": false }""", "--exclude_comment_selections=")]
    [TestCase("""{ "stages": [ { "stage": "REPORT", "config": { "exclude_comment_selections": "no" } } ] }""", "--exclude_comment_selections=")]
    public async Task A_flag_that_is_true_by_default_gets_an_empty_value_for_false(string config, string argument)
    {
        var command = await PlanAsync(config);

        Assert.That(command.Arguments, Does.Contain(argument));
    }

    [Test]
    public async Task A_flag_that_the_deployed_script_does_not_know_is_left_out_and_said_where_the_job_wanted_it()
    {
        var context = new MemoryContext();
        var handler = await MemoryContext.ConfigureAsync(host => new FullPipelineHandler(host), """{ "flags": { "full_pipeline": ["rid"] } }""");

        var plan = await handler.PlanAsync(
            JobRows.Make("FULL_PIPELINE", config: """{ "include_moderation": true }"""), context, CancellationToken.None);

        Assert.That(plan.Command!.Arguments, Is.EqualTo(new[] { "/app/run_delphi.py", "--zid=39321", "--rid=r4tykwac8thvzv35jrn53" }));
        Assert.That(context.Lines.Where(line => line.Level == JobLogLevel.Warning).Select(line => line.Message), Has.One.Contains("include_moderation"));
    }

    [TestCase("""{ "stages": { "PCA": { "max_votes": "77" } }, "max_votes": 5 }""", """{ "MAX_VOTES": "9" }""", "77")]
    [TestCase("""{ "max_votes": 5 }""", """{ "MAX_VOTES": "9" }""", null)]
    [TestCase("""{ "max_votes": 5 }""", null, "5")]
    [TestCase("""{ "stages": [ { "stage": "UMAP", "config": { "max_votes": 6 } } ] }""", null, "300")]
    [TestCase("{}", null, "300")]
    public async Task Limits_come_from_the_stage_then_the_row_then_the_top_level_then_the_host(string config, string? environment, string? expected)
    {
        var handler = await MemoryContext.ConfigureAsync(host => new FullPipelineHandler(host), "{}", ("MAX_VOTES", "300"));
        var job = environment is null
            ? JobRows.Make("FULL_PIPELINE", config: config)
            : JobRows.Make("FULL_PIPELINE", config: config, attributes: ("environment", environment));

        var plan = await handler.PlanAsync(job, new MemoryContext(), CancellationToken.None);

        Assert.That(plan.Command!.Environment.GetValueOrDefault("MAX_VOTES"), Is.EqualTo(expected));
        Assert.That(plan.Command.EnvironmentFromRow.GetValueOrDefault("MAX_VOTES"), Is.EqualTo(environment is null ? null : "9"));
    }

    [Test]
    public async Task A_report_id_in_a_stage_counts_where_the_row_has_none()
    {
        var command = await PlanAsync("""{ "stages": [ { "stage": "REPORT", "config": { "report_id": "rabc" } } ] }""", report: null);

        Assert.That(command.Environment["DELPHI_REPORT_ID"], Is.EqualTo("rabc"));
        Assert.That(command.Arguments, Does.Contain("--rid=rabc"));
    }

    [Test]
    public async Task A_finished_run_names_its_visualizations()
    {
        var handler = await MemoryContext.ConfigureAsync(
            host => new FullPipelineHandler(host), """{ "s3_endpoint": "https://s3.example/" }""");

        var outcome = await handler.ConcludeAsync(JobRows.Make("FULL_PIPELINE"), Ends.Exit(0, "one", ClosingLine), new MemoryContext(), CancellationToken.None);

        var results = outcome.Results();
        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(results.GetProperty("return_code").GetInt32(), Is.Zero);
        Assert.That(results.GetProperty("report_id").GetString(), Is.EqualTo("r4tykwac8thvzv35jrn53"));
        Assert.That(results.GetProperty("output_summary").GetString(), Is.EqualTo($"one\n{ClosingLine}"));
        Assert.That(results.GetProperty("execution_finished_at").GetString(), Is.EqualTo("2026-11-23T20:01:30.500000+00:00"));
        Assert.That(results.GetProperty("visualization_path").GetString(), Is.EqualTo("visualizations/r4tykwac8thvzv35jrn53/job-1"));
        Assert.That(
            results.GetProperty("visualization_urls").GetProperty("interactive").GetString(),
            Is.EqualTo("https://s3.example/polis-delphi/visualizations/r4tykwac8thvzv35jrn53/job-1/layer_0_datamapplot.html"));
        Assert.That(results.TryGetProperty("warning", out _), Is.False);
    }

    [Test]
    public async Task A_path_without_an_address_is_given_where_no_storage_is_configured()
    {
        var outcome = await ConcludeAsync(Ends.Exit(0, ClosingLine));

        Assert.That(outcome.Results().TryGetProperty("visualization_path", out _), Is.True);
        Assert.That(outcome.Results().TryGetProperty("visualization_urls", out _), Is.False);
    }

    [Test]
    public async Task A_degraded_run_is_completed_with_a_warning_and_without_visualizations()
    {
        var context = new MemoryContext();

        var outcome = await ConcludeAsync(Ends.Exit(0, DegradedLine, "Results stored in DynamoDB for conversation 39321"), context);

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(outcome.Results().GetProperty("degraded").GetBoolean(), Is.True);
        Assert.That(outcome.Results().TryGetProperty("visualization_path", out _), Is.False);
        Assert.That(context.Lines.Select(line => line.Level), Does.Contain(JobLogLevel.Warning));
    }

    [Test]
    public async Task A_run_without_its_closing_line_is_completed_with_a_warning()
    {
        var outcome = await ConcludeAsync(Ends.Exit(0, "something"));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(outcome.Results().GetProperty("warning").GetString(), Does.Contain("without its line"));
    }

    [Test]
    public async Task A_failed_run_says_its_code_and_its_last_line()
    {
        var outcome = await ConcludeAsync(Ends.Exit(1, "Traceback", "ValueError: no votes", ""));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(outcome.Error, Is.EqualTo("Process exited with code 1. Last line: 'ValueError: no votes'."));
        Assert.That(outcome.Results().GetProperty("return_code").GetInt32(), Is.EqualTo(1));
        Assert.That(outcome.Results().TryGetProperty("visualization_path", out _), Is.False);
    }

    [Test]
    public async Task A_refused_flag_names_the_setting_that_leaves_it_out()
    {
        var outcome = await ConcludeAsync(Ends.Exit(2, "run_delphi.py: error: unrecognized arguments: --exclude_comment_selections=True", "usage"));

        Assert.That(outcome.Error, Does.Contain("plugins.settings.Delphi.flags").And.Contain("--exclude_comment_selections=True"));
    }

    [Test]
    public async Task A_time_limit_is_a_failure()
    {
        var outcome = await ConcludeAsync(Ends.TimeLimit("working"));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(outcome.Error, Does.StartWith("Process timed out after 3600 seconds."));
    }

    [Test]
    public async Task What_the_command_reports_is_merged_and_never_replaces_a_known_key()
    {
        var end = Ends.Exit(0, ClosingLine) with { ResultFileJson = """{ "groups": 3, "return_code": 99, "attributes": { "model": "x" } }""" };

        var outcome = await ConcludeAsync(end);

        Assert.That(outcome.Results().GetProperty("groups").GetInt32(), Is.EqualTo(3));
        Assert.That(outcome.Results().GetProperty("return_code").GetInt32(), Is.Zero);
        Assert.That(outcome.Results().TryGetProperty("attributes", out _), Is.False);
        Assert.That(outcome.Attributes, Is.Empty);
    }

    [Test]
    public async Task A_summary_holds_the_last_ten_lines_and_bounds_each()
    {
        var lines = Enumerable.Range(1, 30).Select(number => number == 30 ? new string('x', 5000) : $"line {number}").ToArray();

        var outcome = await ConcludeAsync(Ends.Exit(1, lines));

        var summary = outcome.Results().GetProperty("output_summary").GetString()!.Split('\n');
        Assert.That(summary, Has.Length.EqualTo(10));
        Assert.That(summary[0], Is.EqualTo("line 21"));
        Assert.That(summary[9], Has.Length.EqualTo(401));
    }

    private static async Task<JobCommand> PlanAsync(string config, string? report = "r4tykwac8thvzv35jrn53")
    {
        var handler = await MemoryContext.ConfigureAsync(host => new FullPipelineHandler(host));
        var plan = await handler.PlanAsync(JobRows.Make("FULL_PIPELINE", config: config, report: report), new MemoryContext(), CancellationToken.None);
        return plan.Command!;
    }

    private static async Task<JobOutcome> ConcludeAsync(ProcessResult result, MemoryContext? context = null)
    {
        var handler = await MemoryContext.ConfigureAsync(host => new FullPipelineHandler(host));
        return await handler.ConcludeAsync(JobRows.Make("FULL_PIPELINE"), result, context ?? new MemoryContext(), CancellationToken.None);
    }
}
