using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>What becomes of a narrative job whose script does not end as its row hopes.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class UnfinishedBatchTests
{
    private const string Checker = "14-801-checker-pending";
    private const string CheckerId = "batch_check_batch_report_r4tykwac8thvzv35jrn53_1765437589_aaaa0018_1765437661";

    [Test]
    public async Task A_batch_that_still_runs_is_asked_for_again_after_a_minute()
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.CheckNarrativeBatch, "exit 3");
        await SubmitAsync(deployment, CreatedNow());

        var run = await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync(CheckerId);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.ToString());
            Assert.That(deployment.StartsFor(CheckerId), Has.Count.EqualTo(1), "checks in one run");
            Assert.That(row["status"], Is.EqualTo(new StoredValue("S", "AWAITING_RECHECK")));
            Assert.That(row["worker_id"], Is.EqualTo(new StoredValue("S", "none")));
            Assert.That(row["version"], Is.EqualTo(new StoredValue("N", "3")));
            Assert.That(row.Attributes.Keys, Has.No.Member("lock_expires_at").And.No.Member("claim_id").And.No.Member("completed_at"));
            Assert.That(ExpectedValue.Later(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)).Accepts(row["not_before"]), $"not_before is {row["not_before"]}");
        }
    }

    [Test]
    public async Task A_batch_that_still_runs_after_25_hours_is_given_up()
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.CheckNarrativeBatch, "exit 3");
        await SubmitAsync(deployment, await File.ReadAllTextAsync(Expectations.FileOf(Checker)));

        await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync(CheckerId);
        Assert.That(row["status"]?.Text, Is.EqualTo("FAILED"));
        Assert.That(row["error_message"]?.Text, Does.Contain("25 h").And.Contain("msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"));
        Assert.That(row.Json("job_results")!["return_code"]!.GetValue<int>(), Is.EqualTo(3));
        Assert.That(row["process_exit_confirmed"], Is.EqualTo(new StoredValue("BOOL", "true")));
    }

    [Test]
    public async Task A_check_that_fails_is_asked_again_before_its_job_fails()
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.CheckNarrativeBatch, "echo 'no answer from the provider'; exit 1");
        await SubmitAsync(deployment, CreatedNow());

        await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync(CheckerId);
        Assert.That(row["status"]?.Text, Is.EqualTo("AWAITING_RECHECK"));
        Assert.That(row["logs"]?.Text, Does.Contain("no answer from the provider"));
        Assert.That(row["not_before"], Is.Not.Null);
    }

    [Test]
    public async Task A_submission_that_leaves_no_batch_behind_is_never_repeated()
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.CreateNarrativeBatch, "echo 'Continuing despite an error'");
        await SubmitAsync(deployment, await File.ReadAllTextAsync(Expectations.FileOf("03-ts-narrative-batch-pending")));
        var id = StoredRow.Read(Expectations.FileOf("03-ts-narrative-batch-pending")).Id;

        await deployment.RunAsync("run", "--once");
        await deployment.RunAsync("run", "--once");

        var rows = await deployment.ReadRowsAsync();
        Assert.That(rows, Has.Count.EqualTo(1), "a batch that is not known has no checker");
        Assert.That(rows[0]["status"]?.Text, Is.EqualTo("FAILED"));
        Assert.That(rows[0]["error_message"]?.Text, Does.Contain("batch_id"));
        Assert.That(deployment.StartsFor(id), Has.Count.EqualTo(1));
    }

    // The row of the folder is older than the 25 hours after which a check is given up.
    private static string CreatedNow()
    {
        var row = JsonNode.Parse(File.ReadAllText(Expectations.FileOf(Checker)))!;
        row["created_at"]!["S"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", null);
        return row.ToJsonString();
    }

    private static async Task SubmitAsync(Deployment deployment, string row)
    {
        var submit = await deployment.RunAsync("submit", "--from", deployment.Write("row.json", row));
        Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
    }
}
