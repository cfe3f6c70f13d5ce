using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi;

namespace DelphiRunner.Plugins.Tests.Delphi;

public sealed class CheckNarrativeBatchHandlerTests
{
    private const string Type = "AWAITING_NARRATIVE_BATCH";
    private const string Parent = "batch_report_r1_1765437589_aaaa0016";

    private MemoryContext _context = null!;

    [SetUp]
    public void MakeContext() => _context = new MemoryContext();

    [TestCase(Parent, Parent)]
    [TestCase("", "job-1")]
    public async Task It_asks_about_the_job_that_sent_the_batch_or_else_about_itself(string parent, string asked)
    {
        var handler = await MemoryContext.ConfigureAsync(host => new CheckNarrativeBatchHandler(host));

        var plan = await handler.PlanAsync(JobRows.Make(Type, attributes: ("batch_job_id", parent)), _context, CancellationToken.None);

        Assert.That(plan.Command!.Arguments, Is.EqualTo(new[] { "/app/umap_narrative/803_check_batch_status.py", $"--job-id={asked}" }));
    }

    [TestCase("a\nb")]
    [TestCase("$(reboot)")]
    [TestCase("--help")]
    public async Task A_parents_id_that_is_none_is_refused(string parent)
    {
        var handler = await MemoryContext.ConfigureAsync(host => new CheckNarrativeBatchHandler(host));

        await Assert.ThatAsync(
            () => handler.PlanAsync(JobRows.Make(Type, attributes: ("batch_job_id", parent)), _context, CancellationToken.None),
            Throws.InstanceOf<InvalidJobException>().With.Message.Contains("batch_job_id"));
    }

    [TestCase(0, 60)]
    [TestCase(1, 120)]
    [TestCase(2, 240)]
    [TestCase(3, 300)]
    [TestCase(500, 300)]
    public async Task A_batch_that_still_runs_is_asked_about_again_after_a_growing_delay(int rechecks, int seconds)
    {
        var outcome = await ConcludeAsync(Checker(rechecks), Ends.Exit(3));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Recheck));
        Assert.That(outcome.Delay, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
        Assert.That(outcome.Attributes, Is.Empty);
    }

    [Test]
    public async Task It_gives_up_25_hours_after_its_creation()
    {
        var job = Checker(rechecks: 300) with { CreatedAt = Ends.Start.AddHours(-25) };

        var before = await ConcludeAsync(job with { CreatedAt = job.CreatedAt + TimeSpan.FromSeconds(1) }, Ends.Exit(3));
        var after = await ConcludeAsync(job, Ends.Exit(3));

        Assert.That(before.Kind, Is.EqualTo(JobOutcomeKind.Recheck));
        Assert.That(after.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(after.Error, Does.Contain("msgbatch_1").And.Contain("25 h").And.Contain("recheck.limit"));
    }

    [Test]
    public async Task It_gives_up_after_as_many_rechecks_where_the_creation_time_is_garbage()
    {
        var before = await ConcludeAsync(Checker(rechecks: 290) with { CreatedAt = null }, Ends.Exit(3));
        var after = await ConcludeAsync(Checker(rechecks: 310) with { CreatedAt = null }, Ends.Exit(3));

        Assert.That(before.Kind, Is.EqualTo(JobOutcomeKind.Recheck));
        Assert.That(after.Kind, Is.EqualTo(JobOutcomeKind.Failed));
    }

    [Test]
    public async Task A_check_that_failed_is_asked_again_a_few_times_and_then_fails()
    {
        var job = Checker(rechecks: 1);
        var kinds = new List<JobOutcomeKind>();
        JobOutcome outcome;
        do
        {
            outcome = await ConcludeAsync(job, Ends.Exit(1, "Unknown batch status: canceling"));
            kinds.Add(outcome.Kind);
            job = job with { Attributes = job.Attributes.Concat(outcome.Attributes).GroupBy(pair => pair.Key).ToDictionary(g => g.Key, g => g.Last().Value) };
        }
        while (outcome.Kind == JobOutcomeKind.Recheck);

        Assert.That(kinds, Is.EqualTo(new[] { JobOutcomeKind.Recheck, JobOutcomeKind.Recheck, JobOutcomeKind.Recheck, JobOutcomeKind.Failed }));
        Assert.That(outcome.Error, Does.Contain("canceling").And.Contain("3 times"));
    }

    [Test]
    public async Task A_check_that_works_again_forgets_earlier_failures()
    {
        var job = JobRows.Make(Type, created: Ends.Start, attributes: ("check_failures", "2"));

        var outcome = await ConcludeAsync(job, Ends.Exit(3));

        Assert.That(outcome.Attributes["check_failures"].Text, Is.EqualTo("0"));
    }

    [TestCase(2)]
    [TestCase(137)]
    public async Task Any_other_code_fails_at_once(int code)
    {
        var outcome = await ConcludeAsync(Checker(), Ends.Exit(code, "usage"));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Failed));
    }

    [Test]
    public async Task A_time_limit_fails_whatever_code_the_signal_gave()
    {
        var outcome = await ConcludeAsync(Checker(), Ends.TimeLimit() with { ExitCode = 3 });

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Failed));
        Assert.That(outcome.Error, Does.Contain("timed out"));
    }

    [Test]
    public async Task A_finished_check_reports_how_the_sending_job_stands()
    {
        _context.Jobs.Put(JobRows.Make("CREATE_NARRATIVE_BATCH", Parent, attributes: ("error_message", "3 of 12 batch requests failed.")) with { Status = "FAILED" });

        var outcome = await ConcludeAsync(Checker(rechecks: 4), Ends.Exit(0, "Script finished"));

        var results = outcome.Results();
        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(results.GetProperty("parent_status").GetString(), Is.EqualTo("FAILED"));
        Assert.That(results.GetProperty("parent_error").GetString(), Is.EqualTo("3 of 12 batch requests failed."));
        Assert.That(results.GetProperty("batch_id").GetString(), Is.EqualTo("msgbatch_1"));
        Assert.That(results.GetProperty("batch_job_id").GetString(), Is.EqualTo(Parent));
        Assert.That(results.GetProperty("rechecks").GetInt32(), Is.EqualTo(4));
        Assert.That(results.TryGetProperty("visualization_path", out _), Is.False);
        Assert.That(_context.Lines.Select(line => line.Level), Does.Contain(JobLogLevel.Warning));
    }

    [Test]
    public async Task A_finished_check_without_a_sending_job_completes()
    {
        var outcome = await ConcludeAsync(Checker(), Ends.Exit(0));

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(outcome.Results().TryGetProperty("parent_status", out _), Is.False);
    }

    private static Job Checker(int rechecks = 0) =>
        JobRows.Make(Type, rechecks: rechecks, created: Ends.Start, attributes: [("batch_job_id", Parent), ("batch_id", "msgbatch_1")]);

    private async Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result)
    {
        var handler = await MemoryContext.ConfigureAsync(host => new CheckNarrativeBatchHandler(host));
        return await handler.ConcludeAsync(job, result, _context, CancellationToken.None);
    }
}
