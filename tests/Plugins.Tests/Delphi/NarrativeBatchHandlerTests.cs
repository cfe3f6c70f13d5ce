using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi;

namespace DelphiRunner.Plugins.Tests.Delphi;

public sealed class NarrativeBatchHandlerTests
{
    [TestCase("msgbatch_1", "803_check_batch_status.py")]
    [TestCase("", "801_narrative_report_batch.py")]
    public async Task The_batch_decides_whether_an_old_row_is_a_check_or_a_submission(string batchId, string script)
    {
        var handler = await MemoryContext.ConfigureAsync(host => new NarrativeBatchHandler(host));

        var plan = await handler.PlanAsync(JobRows.Make("NARRATIVE_BATCH", attributes: ("batch_id", batchId)), new MemoryContext(), CancellationToken.None);

        Assert.That(plan.Command!.Arguments[0], Is.EqualTo($"/app/umap_narrative/{script}"));
    }

    [Test]
    public async Task An_old_row_that_is_a_check_is_concluded_as_one()
    {
        var handler = await MemoryContext.ConfigureAsync(host => new NarrativeBatchHandler(host));
        var job = JobRows.Make("NARRATIVE_BATCH", created: Ends.Start, attributes: ("batch_id", "msgbatch_1"));

        var outcome = await handler.ConcludeAsync(job, Ends.Exit(3), new MemoryContext(), CancellationToken.None);

        Assert.That(outcome.Kind, Is.EqualTo(JobOutcomeKind.Recheck));
    }

    [Test]
    public void Each_job_type_is_served_by_one_handler()
    {
        var types = typeof(NarrativeBatchHandler).Assembly.GetTypes()
            .SelectMany(type => type.GetCustomAttributes(typeof(HandlesJobTypeAttribute), false))
            .Cast<HandlesJobTypeAttribute>()
            .Select(declaration => declaration.JobType);

        string[] expected = ["FULL_PIPELINE", "CREATE_NARRATIVE_BATCH", "AWAITING_NARRATIVE_BATCH", "BATCH_STATUS_CHECK", "NARRATIVE_BATCH"];
        Assert.That(types, Is.EquivalentTo(expected));
    }

    [Test]
    public void The_plugin_shows_its_host_nothing_but_handlers()
    {
        var exported = typeof(NarrativeBatchHandler).Assembly.GetExportedTypes();

        Assert.That(exported, Has.All.Matches<Type>(type => typeof(IJobHandler).IsAssignableFrom(type) && type.GetConstructor([]) is not null));
    }
}
