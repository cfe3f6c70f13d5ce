using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Batches;
using DelphiRunner.Plugins.Delphi.Results;

namespace DelphiRunner.Plugins.Tests.Delphi.Batches;

public sealed class BatchIdTests
{
    [Test]
    public void The_last_line_that_names_a_batch_counts()
    {
        Assert.That(Find(Ends.Exit(0, "Batch ID: msgbatch_1", "Batch ID: msgbatch_2", "done")), Is.EqualTo("msgbatch_2"));
    }

    [Test]
    public void A_labelled_id_counts_before_one_that_is_only_mentioned()
    {
        Assert.That(Find(Ends.Exit(0, "Batch ID: msgbatch_1", "unlike msgbatch_0")), Is.EqualTo("msgbatch_1"));
    }

    [TestCase("Batch ID: None")]
    [TestCase("Batch ID:")]
    [TestCase("msgbatch_")]
    [TestCase("")]
    public void A_line_without_an_id_gives_none(string line)
    {
        Assert.That(Find(Ends.Exit(0, line)), Is.Null);
    }

    [TestCase("""{ "batch_id": "a b" }""")]
    [TestCase("""{ "batch_id": "a\n" }""")]
    [TestCase("""{ "batch_id": 5 }""")]
    [TestCase("""{ "attributes": "x" }""")]
    public void A_report_without_a_usable_id_gives_none(string json)
    {
        Assert.That(Find(Ends.Exit(0) with { ResultFileJson = json }), Is.Null);
    }

    private static string? Find(ProcessResult result) => BatchId.Find(result, ResultFile.Read(result));
}
