using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi;

namespace DelphiRunner.Plugins.Tests.Delphi;

/// <summary>Rows of the real writers, and what is planned for each of them.</summary>
public sealed class FixtureRowsTests
{
    private const string Report = "r4tykwac8thvzv35jrn53";
    private const string Parent = "batch_report_r4tykwac8thvzv35jrn53_1765437589_aaaa";

    private static readonly string[] Moderated =
        ["/app/run_delphi.py", "--zid=39321", "--include_moderation=True", "--exclude_comment_selections=True", $"--rid={Report}"];

    private static readonly string[] Narrative =
    [
        "/app/umap_narrative/801_narrative_report_batch.py", "--conversation_id=39321", "--model=claude-test", "--include_moderation=True",
        "--exclude_comment_selections=True", "--max-batch-size=20",
    ];

    private static readonly string[] NoLimits = [];
    private static readonly string[] CliLimits = ["MAX_VOTES=500000", "BATCH_SIZE=50000"];

    private static IEnumerable<TestCaseData> Planned()
    {
        yield return Case("01", Moderated, Report, NoLimits);
        yield return Case("02", ["/app/run_delphi.py", "--zid=39321", "--exclude_comment_selections=True", $"--rid={Report}"], Report, NoLimits);
        yield return Case("03", Narrative, Report, NoLimits);
        yield return Case("09", ["/app/run_delphi.py", "--zid=39321", "--exclude_comment_selections=True"], "39321", CliLimits);
        yield return Case("11", Check("0016"), "39321", NoLimits);
        yield return Case("13", ["/app/run_delphi.py", "--zid=39321", "--exclude_comment_selections=True"], "39321", CliLimits);
        yield return Case("14", Check("0018"), Report, NoLimits);
        yield return Case("23", Check("0063"), Report, NoLimits);
        yield return Case("25", Moderated, Report, NoLimits);
        yield return Case("35", Moderated, Report, NoLimits);
        yield return Case("37", Moderated, Report, NoLimits);
        yield return Case("39", Moderated, Report, NoLimits);
        yield return Case("40", Moderated, Report, ["MAX_VOTES=1000"]);
        yield return Case("42", Without("--include_moderation=True"), Report, NoLimits);
        yield return Case("44", Moderated, Report, NoLimits);
        yield return Case("47", ["/app/run_delphi.py", "--zid=39321", "--exclude_comment_selections=True"], "39321", NoLimits);
        yield return Case("51", Moderated, Report, NoLimits);
        yield return Case("54", [.. Narrative.Where(argument => argument != "--include_moderation=True")], Report, NoLimits);
        yield return Case("57", Moderated, Report, NoLimits);
        yield return Case("60", Narrative, Report, NoLimits);
        yield return Case("62", [.. Moderated.Select(argument => argument.Replace("39321", "27616", StringComparison.Ordinal))], Report, NoLimits);
    }

    [TestCaseSource(nameof(Planned))]
    public async Task A_row_is_planned_as_its_writer_meant_it(string number, string[] arguments, string reportId, string[] limits)
    {
        var job = JobRows.Read(number);

        var plan = await (await HandlerOf(job)).PlanAsync(job, new MemoryContext(), CancellationToken.None);

        var command = plan.Command!;
        string[] expected = [$"DELPHI_JOB_ID={job.Id}", $"DELPHI_REPORT_ID={reportId}", "DELPHI_APP_PATH=/app", "PYTHONUNBUFFERED=1", "ANTHROPIC_MODEL=claude-test", .. limits];
        Assert.That(command.Program, Is.EqualTo("python"));
        Assert.That(command.Arguments, Is.EqualTo(arguments));
        Assert.That(command.WorkingDirectory, Is.EqualTo("/app"));
        Assert.That(command.Environment.Select(pair => $"{pair.Key}={pair.Value}"), Is.EquivalentTo(expected));
    }

    [TestCase("05", "4xsmykdmjm")]
    [TestCase("49", "conversation_id is missing")]
    public async Task A_row_without_a_numeric_conversation_is_refused(string number, string said)
    {
        var job = JobRows.Read(number);
        var handler = await HandlerOf(job);

        await Assert.ThatAsync(
            () => handler.PlanAsync(job, new MemoryContext(), CancellationToken.None), Throws.InstanceOf<InvalidJobException>().With.Message.Contains(said));
    }

    [Test]
    public async Task What_a_hostile_row_asks_for_is_kept_apart_from_what_the_handler_sets()
    {
        var job = JobRows.Read("57");

        var plan = await (await HandlerOf(job)).PlanAsync(job, new MemoryContext(), CancellationToken.None);

        string[] asked = ["MAX_VOTES", "NARRATIVE_BATCH_MODEL", "LD_PRELOAD", "PYTHONPATH", "AWS_ENDPOINT_URL", "DELPHI_JOB_ID", "1BAD NAME"];
        Assert.That(plan.Command!.EnvironmentFromRow.Keys, Is.EquivalentTo(asked));
        Assert.That(plan.Command.EnvironmentFromRow["MAX_VOTES"], Is.EqualTo("1000"));
        Assert.That(plan.Command.Environment["DELPHI_JOB_ID"], Is.EqualTo(job.Id));
    }

    [Test]
    public async Task A_parent_whose_runner_died_after_sending_is_completed_with_a_checker_and_nothing_is_run()
    {
        var job = JobRows.Read("16", attempt: 2);
        var context = new MemoryContext();
        context.Jobs.Put(job);

        var plan = await (await HandlerOf(job)).PlanAsync(job, context, CancellationToken.None);

        Assert.That(plan.Command, Is.Null);
        Assert.That(plan.Outcome!.Kind, Is.EqualTo(JobOutcomeKind.Completed));
        Assert.That(context.Jobs.Created.Single().Attributes["batch_job_id"].Text, Is.EqualTo(job.Id));
        Assert.That(context.Jobs.Created.Single().Attributes["batch_id"].Text, Is.EqualTo("msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"));
    }

    private static TestCaseData Case(string number, string[] arguments, string reportId, string[] limits) =>
        new TestCaseData(number, arguments, reportId, limits).SetArgDisplayNames(number);

    private static string[] Check(string parent) => ["/app/umap_narrative/803_check_batch_status.py", $"--job-id={Parent}{parent}"];

    private static string[] Without(string argument) => [.. Moderated.Where(other => other != argument)];

    private static async Task<IJobHandler> HandlerOf(Job job) => job.Type switch
    {
        "FULL_PIPELINE" => await MemoryContext.ConfigureAsync(host => new FullPipelineHandler(host)),
        "CREATE_NARRATIVE_BATCH" => await MemoryContext.ConfigureAsync(host => new CreateNarrativeBatchHandler(host)),
        "AWAITING_NARRATIVE_BATCH" => await MemoryContext.ConfigureAsync(host => new CheckNarrativeBatchHandler(host)),
        "NARRATIVE_BATCH" => await MemoryContext.ConfigureAsync(host => new NarrativeBatchHandler(host)),
        _ => throw new InvalidOperationException($"No handler for '{job.Type}'."),
    };
}
