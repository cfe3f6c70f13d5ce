
namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A signal ends a run cleanly: no new claims, running jobs within their grace, then handed back.</summary>
[Parallelizable(ParallelScope.All)]
[Platform("Unix", Reason = "Signals are sent with 'kill'.")]
public sealed class StopTests
{
    private const string JobId = "job-in-the-way";

    // The script says who it is and then waits for a signal.
    private const string Wait =
        """
        echo "waiting as $$"
        exec sleep 600
        """;

    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task A_signal_gives_the_running_job_back_without_burning_the_attempt(string signal)
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.FullPipeline, Wait);
        await SubmitAsync(deployment, "FULL_PIPELINE");

        var end = await RunUntilStoppedAsync(deployment, signal);

        var row = await deployment.ReadRowAsync(JobId);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That(end.ErrorText, Does.Contain("All workers have stopped. Exiting."));
            Assert.That(row["status"], Is.EqualTo(new StoredValue("S", "PENDING")));
            Assert.That(row["worker_id"], Is.EqualTo(new StoredValue("S", "none")));
            Assert.That(row["attempt"], Is.EqualTo(new StoredValue("N", "0")));
            Assert.That(row["retry_count"], Is.EqualTo(new StoredValue("N", "0")));
            Assert.That(row["version"], Is.EqualTo(new StoredValue("N", "3")));
            Assert.That(row.Attributes.Keys, Has.No.Member("claim_id").And.No.Member("lock_expires_at").And.No.Member("not_before"));
            Assert.That(RunningProcesses.Of(deployment.Folder), Is.Empty, "the script's process");
        }
    }

    [Test]
    public async Task A_job_that_was_given_back_runs_when_the_host_is_started_again()
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.FullPipeline, Wait);
        await SubmitAsync(deployment, "FULL_PIPELINE");
        await RunUntilStoppedAsync(deployment, "TERM");
        deployment.LetDo(DelphiCommand.FullPipeline, "echo done");

        var again = await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync(JobId);
        Assert.That(again.ExitCode, Is.Zero, again.ToString());
        Assert.That(row["status"]?.Text, Is.EqualTo("COMPLETED"));
        Assert.That(row["attempt"]?.Text, Is.EqualTo("1"));
        Assert.That(deployment.StartsFor(JobId), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_job_that_must_not_run_twice_ends_failed_and_is_not_started_again()
    {
        using var deployment = new Deployment();
        deployment.LetDo(DelphiCommand.CreateNarrativeBatch, Wait);
        await SubmitAsync(deployment, "CREATE_NARRATIVE_BATCH");

        var end = await RunUntilStoppedAsync(deployment, "TERM");
        await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync(JobId);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That(row["status"]?.Text, Is.EqualTo("FAILED"));
            Assert.That(row["error_message"]?.Text, Does.Contain("must not be started twice"));
            Assert.That(row["process_exit_confirmed"], Is.EqualTo(new StoredValue("BOOL", "true")));
            Assert.That(deployment.StartsFor(JobId), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task A_host_without_jobs_stops_at_once()
    {
        using var deployment = new Deployment();
        await using var host = deployment.Start("run");
        await host.WaitForErrorAsync("with 1 slot(s)");

        await host.SignalAsync("TERM");

        var end = await host.WaitAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        Assert.That(end.Output, Is.Empty);
    }

    private static async Task SubmitAsync(Deployment deployment, string jobType)
    {
        var row = deployment.Write("row.json", NewJobs.Pending(JobId, jobType, "39321", DateTimeOffset.UtcNow));
        var submit = await deployment.RunAsync("submit", "--from", row);
        Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
    }

    private static async Task<ProgramEnd> RunUntilStoppedAsync(Deployment deployment, string signal)
    {
        await using var host = deployment.Start("run");
        await host.WaitForOutputAsync("waiting as ");
        await host.SignalAsync(signal);
        return await host.WaitAsync();
    }
}
