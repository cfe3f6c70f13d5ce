using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.DynamoDb;

/// <summary>Several hosts on one table, with nothing between them but the table.</summary>
public sealed class SeveralHostsTests
{
    /// <summary>2,000 commands in sandboxes of their own take a slow machine more than a minute.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(5);

    private const int Hosts = 4;
    private const int Slots = 8;
    private const int PutsAtOnce = 32;
    private const double MostFailedClaims = 0.1;

    [TestCase(300, "sleep 0.5")]
    [TestCase(2000, "", Category = "Soak")]
    public async Task Four_hosts_start_each_job_exactly_once_and_hardly_ever_reach_for_the_same(int jobs, string work)
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        var table = await server.CreateTableAsync();
        using var deployment = new Deployment(new DeploymentOptions
        {
            Table = table,
            Endpoint = proxy.Endpoint,
            Slots = Slots,
            IsExclusive = false,
            FullPipeline = "[sh, '../mark.sh']",
        });
        var marks = new Marks(deployment, "mark", work);
        var ids = await PutJobsAsync(table, jobs);

        var ends = await RunHostsAsync(deployment);

        var rows = await deployment.ReadRowsAsync();
        await TestContext.Out.WriteLineAsync($"{jobs} jobs on {Hosts} hosts with {Slots} slots: {proxy.Counts}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends.Select(end => end.ExitCode), Is.All.Zero, string.Join<ProgramEnd>("\n", ends));
            Assert.That(marks.JobIds, Is.EquivalentTo(ids), "what the children wrote at their start");
            Assert.That(rows.Select(row => row.Id), Is.EquivalentTo(ids));
            Assert.That(rows.Select(row => row["status"]?.Text), Is.All.EqualTo("COMPLETED"));
            Assert.That(rows.Select(row => row["attempt"]?.Text), Is.All.EqualTo("1"));
            Assert.That(rows.Select(row => row["worker_id"]?.Text).Distinct().Count(), Is.EqualTo(Hosts), "hosts that took part");
            // Each host begins with a write that no row can meet, to see whether it may write.
            Assert.That(proxy.Counts.FailedConditions - Hosts, Is.AtMost(MostFailedClaims * jobs), "failed claims");
        }
    }

    [Test]
    [Category("Soak")]
    public async Task The_jobs_of_a_killed_host_are_taken_over_and_no_other_is_begun_again()
    {
        const int Jobs = 100;
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        var table = await server.CreateTableAsync();
        using var deployment = new Deployment(new DeploymentOptions
        {
            Table = table,
            Slots = Slots,
            IsExclusive = false,
            ClaimLength = "10s",
            FullPipeline = "[sh, '../mark.sh']",
        });
        var marks = new Marks(deployment, "mark", "sleep 0.5");
        var ids = await PutJobsAsync(table, Jobs);

        await using var killed = deployment.Start("run");
        await using var other = deployment.StartWith(deployment.WriteConfiguration("other.yaml", state: "other"), "run");
        await killed.WaitForErrorAsync("Successfully claimed job");
        await WaitUntilAsync(() => Task.FromResult(marks.JobIds.Count >= Jobs / 4));
        killed.Kill();
        await killed.WaitAsync();
        var left = (await deployment.ReadRowsAsync()).Where(row => row["status"]?.Text == "PROCESSING").Select(row => row.Id).ToHashSet();
        await WaitUntilAsync(async () => (await deployment.ReadRowsAsync()).All(row => row["status"]?.Text is "COMPLETED" or "FAILED"));
        await other.SignalAsync("TERM");
        var end = await other.WaitAsync();

        var again = marks.JobIds.GroupBy(id => id).Where(starts => starts.Count() > 1).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That((await deployment.ReadRowsAsync()).Select(row => row["status"]?.Text), Is.All.EqualTo("COMPLETED"));
            Assert.That(marks.JobIds.Distinct(), Is.EquivalentTo(ids));
            Assert.That(again, Is.Not.Empty, "the kill met no running job");
            Assert.That(again.Select(starts => starts.Key), Is.SubsetOf(left), "only what ran at the kill");
            Assert.That(again.Select(starts => starts.Count()), Is.All.EqualTo(2));
            Assert.That(again, Has.Count.AtMost(Slots));
        }
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> isSoAsync)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await isSoAsync())
        {
            Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(RunnerProgram.Limit));
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private static async Task<IReadOnlyList<string>> PutJobsAsync(JobQueueTable table, int count)
    {
        var start = DateTimeOffset.UtcNow.AddMinutes(-5);
        var ids = Enumerable.Range(0, count).Select(number => $"{number:00000000}-0000-4000-8000-000000000000").ToList();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce }, async (number, _) =>
        {
            var row = NewJobs.Pending(ids[number], "FULL_PIPELINE", $"{number + 1}", start.AddMilliseconds(number));
            await table.PutAsync(JsonNode.Parse(row)!.AsObject());
        });
        return ids;
    }

    private static async Task<IReadOnlyList<ProgramEnd>> RunHostsAsync(Deployment deployment)
    {
        var hosts = Enumerable.Range(1, Hosts).Select(number =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"host-{number}");
            return deployment.StartWith(deployment.WriteConfiguration($"{name}.yaml", state: name), "run", "--once");
        }).ToList();
        try
        {
            return await Task.WhenAll(hosts.Select(host => host.WaitAsync(DrainLimit)));
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }
    }
}
