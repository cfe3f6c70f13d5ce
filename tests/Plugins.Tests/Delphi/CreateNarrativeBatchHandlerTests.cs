using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi;

namespace DelphiRunner.Plugins.Tests.Delphi;

public sealed class CreateNarrativeBatchHandlerTests
{
    private const string Type = "CREATE_NARRATIVE_BATCH";
    private const string Id = "batch_report_r1_1765437589_aaaa0016";
    private const string Batch = "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d";

    private MemoryContext _context = null!;

    [SetUp]
    public void MakeContext() => _context = new MemoryContext();

    [Test]
    public async Task Every_setting_of_a_stage_reaches_the_script()
    {
        const string config = """
            { "stages": [ { "stage": "X" }, { "stage": "CREATE_NARRATIVE_BATCH_CONFIG_STAGE", "config":
              { "model": "other", "max_batch_size": "7", "no_cache": "1", "include_moderation": true, "exclude_comment_selections": 0 } } ] }
            """;

        var command = (await PlanAsync(JobRows.Make(Type, Id, config: config))).Command!;

        string[] expected =
        [
            "/app/umap_narrative/801_narrative_report_batch.py", "--conversation_id=39321", "--model=claude-test", "--include_moderation=True",
            "--exclude_comment_selections=", "--max-batch-size=7", "--no-cache",
        ];
        Assert.That(command.Arguments, Is.EqualTo(expected));
        Assert.That(_context.Lines.Select(line => line.Message), Has.One.Contains("'other'"));
    }

    [TestCase("""{ "stages": [ { "config": { "max_batch_size": 3 } } ], "max_batch_size": 5 }""", "4", "3")]
    [TestCase("""{ "stages": [ { "config": { "max_batch_size": null } } ], "max_batch_size": 5 }""", "4", "4")]
    [TestCase("""{ "max_batch_size": 5 }""", "", "5")]
    [TestCase("{}", "", "30")]
    public async Task A_stage_counts_before_the_environment_before_the_top_level_before_the_settings(string config, string variable, string expected)
    {
        var job = JobRows.Make(Type, Id, config: config, attributes: ("environment", $$"""{ "NARRATIVE_BATCH_MAX_SIZE": "{{variable}}" }"""));

        var command = (await PlanAsync(job, """{ "model": "m", "max_batch_size": 30 }""")).Command!;

        Assert.That(command.Arguments, Does.Contain($"--max-batch-size={expected}"));
    }

    [TestCase("""{ "model": "m" }""", "claude-host", "m")]
    [TestCase("{}", "claude-host", "claude-host")]
    [TestCase("""{ "honor_job_model": true, "model": "m" }""", null, "claude-job")]
    public async Task A_model_comes_from_the_settings_or_the_host_and_from_the_job_only_if_allowed(string settings, string? host, string expected)
    {
        var job = JobRows.Make(Type, Id, attributes: ("environment", """{ "NARRATIVE_BATCH_MODEL": "claude-job" }"""));
        var handler = await MemoryContext.ConfigureAsync(
            variable => new CreateNarrativeBatchHandler(variable), settings, host is null ? [] : [("ANTHROPIC_MODEL", host)]);

        var plan = await handler.PlanAsync(job, _context, CancellationToken.None);

        Assert.That(plan.Command!.Arguments, Does.Contain($"--model={expected}"));
        Assert.That(plan.Command.Environment["ANTHROPIC_MODEL"], Is.EqualTo(expected));
    }

    [Test]
    public async Task Without_a_model_nothing_is_sent()
    {
        var plan = await PlanAsync(JobRows.Make(Type, Id, config: """{ "model": "claude-job" }"""), "{}");

        Assert.That(plan.Outcome!.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(plan.Outcome.Error, Does.Contain("ANTHROPIC_MODEL").And.Contain("honor_job_model"));
    }

    [Test]
    public async Task A_models_name_that_is_none_is_refused()
    {
        var job = JobRows.Make(Type, Id, config: """{ "model": "x; rm -rf /" }""");

        await Assert.ThatAsync(() => PlanAsync(job, """{ "honor_job_model": true }"""), Throws.InstanceOf<InvalidJobException>());
    }

    [Test]
    public async Task A_row_with_a_batch_is_never_sent_again_even_with_a_configuration_that_cannot_be_read()
    {
        var job = JobRows.Make(Type, Id, config: "not json", attempt: 2, attributes: ("batch_id", Batch));

        var plan = await PlanAsync(job);

        var checker = _context.Jobs.Created.Single();
        Assert.That(plan.Outcome!.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(plan.Outcome.Results().GetProperty("checker_job_id").GetString(), Is.EqualTo(checker.Id));
        Assert.That(checker.Id, Does.Match($"^batch_check_{Id}_[0-9]{{10}}$"));
        Assert.That(checker.Type, Is.EqualTo("AWAITING_NARRATIVE_BATCH"));
        Assert.That(checker.Priority, Is.EqualTo(50));
        Assert.That(checker.ConversationId, Is.EqualTo("39321"));
        Assert.That(checker.ReportId, Is.EqualTo("r4tykwac8thvzv35jrn53"));
        Assert.That(checker.NotBefore, Is.EqualTo(Ends.Start.AddSeconds(60)));
        Assert.That(checker.Attributes["batch_id"].Text, Is.EqualTo(Batch));
        Assert.That(checker.Attributes["batch_job_id"].Text, Is.EqualTo(Id));
    }

    [Test]
    public async Task An_open_checker_is_not_doubled()
    {
        _context.Jobs.Put(Checker("batch_check_by_script", "AWAITING_RECHECK"));

        var plan = await PlanAsync(JobRows.Make(Type, Id, attributes: ("batch_id", Batch)));

        Assert.That(plan.Outcome!.Results().GetProperty("checker_job_id").GetString(), Is.EqualTo("batch_check_by_script"));
        Assert.That(_context.Jobs.Created, Is.Empty);
    }

    [Test]
    public async Task A_checker_that_failed_is_replaced()
    {
        var job = JobRows.Make(Type, Id, attributes: ("batch_id", Batch));
        await PlanAsync(job);
        _context.Jobs.Put(Checker(_context.Jobs.Created[0].Id, "FAILED"));

        await PlanAsync(job);

        Assert.That(_context.Jobs.Created, Has.Count.EqualTo(2));
        Assert.That(_context.Jobs.Created[1].Id, Is.EqualTo($"{_context.Jobs.Created[0].Id}_2"));
    }

    [Test]
    public async Task Two_runners_make_one_checker()
    {
        var job = JobRows.Make(Type, Id, attributes: ("batch_id", Batch));
        var handler = await MemoryContext.ConfigureAsync(host => new CreateNarrativeBatchHandler(host));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => handler.PlanAsync(job, new MemoryContextOf(_context), CancellationToken.None))));

        Assert.That(_context.Jobs.Created, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_second_attempt_without_a_batch_is_run_and_said_loudly()
    {
        var plan = await PlanAsync(JobRows.Make(Type, Id, attempt: 2));

        Assert.That(plan.Command, Is.Not.Null);
        Assert.That(_context.Lines.Where(line => line.Level == JobLogLevel.Error).Select(line => line.Message), Has.One.Contains("attempt 2"));
    }

    [Test]
    public async Task A_submission_recorded_by_its_script_completes_with_the_scripts_checker()
    {
        var job = JobRows.Make(Type, Id);
        _context.Jobs.Put(JobRows.Make(Type, Id, attributes: [("batch_id", Batch), ("model", "m")]));
        _context.Jobs.Put(Checker("batch_check_by_script", "COMPLETED"));

        var outcome = await ConcludeAsync(job, Ends.Exit(0, "done"));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(outcome.Attributes, Is.Empty);
        Assert.That(outcome.Results().GetProperty("batch_id").GetString(), Is.EqualTo(Batch));
        Assert.That(outcome.Results().TryGetProperty("visualization_path", out _), Is.False);
        Assert.That(_context.Jobs.Created, Is.Empty);
    }

    [Test]
    public async Task A_submission_whose_script_lost_the_checker_gets_one()
    {
        _context.Jobs.Put(JobRows.Make(Type, Id, attributes: ("batch_id", Batch)));

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id), Ends.Exit(0));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(_context.Jobs.Created, Has.Count.EqualTo(1));
    }

    [TestCase("""{ "batch_id": "msgbatch_file", "model": "claude-file" }""", "", "msgbatch_file", "claude-file")]
    [TestCase("""{ "attributes": { "batch_id": "msgbatch_file" } }""", "Batch ID: msgbatch_line", "msgbatch_file", "claude-test")]
    [TestCase(null, "2025 - INFO - Batch ID: msgbatch_line", "msgbatch_line", "claude-test")]
    [TestCase(null, "MessageBatch(id='msgbatch_01Abc', status='in_progress')", "msgbatch_01Abc", "claude-test")]
    public async Task A_batch_that_is_not_on_the_row_is_taken_from_the_report_or_the_output(string? file, string line, string batch, string model)
    {
        _context.Jobs.Put(JobRows.Make(Type, Id));

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id), Ends.Exit(0, "first", line) with { ResultFileJson = file });

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(outcome.Attributes["batch_id"].Text, Is.EqualTo(batch));
        Assert.That(outcome.Attributes["model"].Text, Is.EqualTo(model));
        Assert.That(_context.Jobs.Created.Single().Attributes["batch_id"].Text, Is.EqualTo(batch));
    }

    [Test]
    public async Task A_batch_that_cannot_be_found_fails_and_is_never_sent_again()
    {
        _context.Jobs.Put(JobRows.Make(Type, Id));

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id), Ends.Exit(0, "Continuing despite the error", "Batch ID: None"));
        var again = await PlanAsync(JobRows.Make(Type, Id, attempt: 2, attributes: [.. outcome.Attributes.Select(pair => (pair.Key, pair.Value.Text))]));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(outcome.Error, Does.Contain("not sent again"));
        Assert.That(again.Command, Is.Null);
        Assert.That(again.Outcome!.Kind, Is.EqualTo(JobOutcomeKind.Failed));
    }

    [Test]
    public async Task A_submission_that_failed_without_a_batch_fails()
    {
        _context.Jobs.Put(JobRows.Make(Type, Id));

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id), Ends.Exit(1, "no topics to report on"));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(outcome.Error, Does.Contain("no topics to report on"));
        Assert.That(_context.Jobs.Created, Is.Empty);
    }

    [Test]
    public async Task A_batch_that_was_sent_before_the_time_limit_is_looked_after()
    {
        _context.Jobs.Put(JobRows.Make(Type, Id, attributes: ("batch_id", Batch)));

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id), Ends.TimeLimit("waiting"));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(outcome.Results().GetProperty("warning").GetString(), Does.Contain("timed out"));
        Assert.That(_context.Jobs.Created, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_row_that_the_script_failed_stays_failed_and_gets_no_checker()
    {
        _context.Jobs.Put(JobRows.Make(Type, Id, attributes: [("batch_id", Batch), ("error_message", "Missing key")]) with { Status = "FAILED" });

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id), Ends.Exit(0));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(outcome.Error, Does.Contain("Missing key"));
        Assert.That(_context.Jobs.Created, Is.Empty);
    }

    [Test]
    public async Task A_row_that_somebody_completed_meanwhile_gets_no_checker()
    {
        _context.Jobs.Put(JobRows.Make(Type, Id, attributes: ("batch_id", Batch)) with { Status = "COMPLETED" });

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id), Ends.Exit(0));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(_context.Jobs.Created, Is.Empty);
    }

    [Test]
    public async Task A_report_id_that_only_a_stage_names_is_put_on_the_row_for_the_check()
    {
        const string config = """{ "stages": [ { "stage": "S", "config": { "report_id": "rabc" } } ] }""";
        _context.Jobs.Put(JobRows.Make(Type, Id, report: null, attributes: ("batch_id", Batch)));

        var outcome = await ConcludeAsync(JobRows.Make(Type, Id, report: null, config: config), Ends.Exit(0));

        Assert.That(outcome.Attributes["report_id"].Text, Is.EqualTo("rabc"));
        Assert.That(_context.Jobs.Created.Single().ReportId, Is.EqualTo("rabc"));
    }

    [Test]
    public async Task A_queue_that_cannot_be_read_is_the_hosts_to_handle()
    {
        _context.Jobs.Failure = new JobQueueException("The store is away.");

        await Assert.ThatAsync(() => ConcludeAsync(JobRows.Make(Type, Id), Ends.Exit(0)), Throws.InstanceOf<JobQueueException>());
    }

    [Test]
    public void It_runs_at_most_once()
    {
        var declarations = typeof(CreateNarrativeBatchHandler).GetCustomAttributes(typeof(HandlesJobTypeAttribute), false).Cast<HandlesJobTypeAttribute>();

        Assert.That(declarations.Select(declaration => (declaration.JobType, declaration.RunsAtMostOnce)), Is.EqualTo(new[] { (Type, true) }));
    }

    private static Job Checker(string id, string status) => JobRows.Make("AWAITING_NARRATIVE_BATCH", id, attributes: ("batch_job_id", Id)) with { Status = status };

    private async Task<JobPlan> PlanAsync(Job job, string settings = """{ "model": "claude-test" }""")
    {
        var handler = await MemoryContext.ConfigureAsync(host => new CreateNarrativeBatchHandler(host), settings);
        return await handler.PlanAsync(job, _context, CancellationToken.None);
    }

    private async Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result)
    {
        var handler = await MemoryContext.ConfigureAsync(host => new CreateNarrativeBatchHandler(host));
        return await handler.ConcludeAsync(job, result, _context, CancellationToken.None);
    }

    /// <summary>Another runner's context over the same queue.</summary>
    private sealed class MemoryContextOf(MemoryContext other) : JobContext
    {
        public override HandlerSettings Settings => other.Settings;

        public override string WorkFolder => other.WorkFolder;

        public override IJobQueue Queue => other.Queue;

        public override TimeProvider Time => other.Time;

        public override void Log(JobLogLevel level, string message)
        {
            // What each of them says is not compared.
        }
    }
}
