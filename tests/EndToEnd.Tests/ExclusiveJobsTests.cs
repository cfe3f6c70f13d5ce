using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>Jobs of one conversation never run at once (<c>exclusive_by</c>): a run begins by deleting what the other is writing.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ExclusiveJobsTests
{
    private const int JobsPerConversation = 6;

    [Test]
    public Task Two_hosts_never_run_two_jobs_of_one_conversation_at_once() => RunTwoHostsAsync(table: null);

    // Each of its jobs waits out the lag that an index may have.
    [Test]
    [Category("Soak")]
    public async Task Two_hosts_on_one_table_never_run_two_jobs_of_one_conversation_at_once()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await RunTwoHostsAsync(await server.CreateTableAsync());
    }

    [Test]
    public async Task Jobs_of_different_conversations_run_at_once()
    {
        using var deployment = new Deployment(new DeploymentOptions { Slots = 2 });
        // Each waits for the other, so both end only if both run.
        deployment.LetDo(DelphiCommand.FullPipeline, """
            touch "../here$1"
            exec timeout 30 sh -c 'until [ -e ../here--zid=11 ] && [ -e ../here--zid=22 ]; do sleep 0.02; done'
            """);
        await SubmitAsync(deployment, count: 1, "11", "22");

        var run = await deployment.RunAsync("run", "--once");

        var rows = await deployment.ReadRowsAsync();
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        Assert.That(rows.Select(row => row["status"]?.Text), Is.All.EqualTo("COMPLETED"));
    }

    private static async Task RunTwoHostsAsync(JobQueueTable? table)
    {
        using var deployment = new Deployment(new DeploymentOptions { Slots = 4, Table = table });
        deployment.LetDo(DelphiCommand.FullPipeline, """
            echo "start $DELPHI_JOB_ID" >> "../marks$1"
            sleep 0.05
            echo "end $DELPHI_JOB_ID" >> "../marks$1"
            """);
        await SubmitAsync(deployment, JobsPerConversation, "11", "22");
        var other = deployment.WriteConfiguration("other.yaml", state: "other-state");

        await using var first = deployment.Start("run", "--once");
        await using var second = deployment.StartWith(other, "run", "--once");
        var ends = await Task.WhenAll(first.WaitAsync(), second.WaitAsync());

        var rows = await deployment.ReadRowsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends.Select(end => end.ExitCode), Is.All.Zero, string.Join<ProgramEnd>("\n", ends));
            Assert.That(rows.Select(row => row["status"]?.Text), Is.All.EqualTo("COMPLETED"));
            Assert.That(Marks(deployment, "11"), Is.EqualTo(OneAfterAnother(Marks(deployment, "11"))).And.Length.EqualTo(2 * JobsPerConversation));
            Assert.That(Marks(deployment, "22"), Is.EqualTo(OneAfterAnother(Marks(deployment, "22"))).And.Length.EqualTo(2 * JobsPerConversation));
        }
    }

    private static async Task SubmitAsync(Deployment deployment, int count, params string[] conversations)
    {
        var files =
            from conversation in conversations
            from number in Enumerable.Range(1, count)
            let id = $"job-{conversation}-{number}"
            select deployment.Write($"{id}.json", NewJobs.Pending(id, "FULL_PIPELINE", conversation, DateTimeOffset.UtcNow));
        var submit = await deployment.RunAsync(["submit", "--from", .. files]);
        Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
    }

    private static string[] Marks(Deployment deployment, string conversation) =>
        File.ReadAllLines(Path.Combine(deployment.Folder, $"marks--zid={conversation}"));

    // What the marks look like when each job ends before the next begins.
    private static IEnumerable<string> OneAfterAnother(IEnumerable<string> marks) =>
        marks.Where(mark => mark.StartsWith("start ", StringComparison.Ordinal)).SelectMany(start => new[] { start, $"end {start[6..]}" });
}
