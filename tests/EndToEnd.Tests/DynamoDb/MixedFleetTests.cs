using System.Diagnostics;
using System.Text.Json.Nodes;
using DelphiRunner.EndToEnd.Tests.DelphiJobs;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.DynamoDb;

/// <summary>Hosts and Python pollers on one table, as while a deployment moves from one to the other.</summary>
public sealed class MixedFleetTests
{
    private const string JobId = "5f0c0000-0000-4000-8000-000000000001";
    private const string Polls = "Found 0 actionable job(s).";
    private const string UntilReleased = "until [ -e ../released ]; do sleep 0.05; done";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    // What a Python poller locks for, and what a test leaves of it so that it need not wait so long.
    private static readonly TimeSpan ForeignLock = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ShortClaim = TimeSpan.FromSeconds(10);

    private DynamoDbServer _server = null!; // Started before each test.
    private JobQueueTable _table = null!;
    private Deployment _deployment = null!;
    private Marks _byHosts = null!;
    private Marks _byPollers = null!;

    private string PollerScripts => Path.Combine(_deployment.Folder, "poller");

    [SetUp]
    public async Task Deploy()
    {
        _server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        _table = await _server.CreateTableAsync();
        _deployment = new Deployment(new DeploymentOptions
        {
            Table = _table,
            Slots = 4,
            IsExclusive = false,
            ClaimLength = "10s",
            FullPipeline = "[sh, '../host/run_delphi.sh']",
        });
        LetJobsDo("");
    }

    [TearDown]
    public async Task Remove()
    {
        _deployment?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Test]
    public async Task Hosts_and_pollers_share_a_queue_without_running_or_losing_a_job_twice()
    {
        LetJobsDo("sleep 0.1");
        var checks = LetChecksAskOnceMore();
        var ids = Enumerable.Range(0, 80).Select(number => $"{number:00000000}-0000-4000-8000-000000000000").ToList();
        var checkers = Enumerable.Range(0, 6).Select(number => $"batch_check_batch_report_r4tykwac8thvzv35jrn53_{number}_1765437661").ToList();
        foreach (var id in ids)
            await PutAsync(NewJobs.Pending(id, "FULL_PIPELINE", $"{int.Parse(id[..8], null) + 1}", DateTimeOffset.UtcNow));
        foreach (var id in checkers)
            await PutAsync(Checker(id));

        await using var poller = PythonPoller.Start(_table, PollerScripts);
        await using var secondPoller = PythonPoller.Start(_table, PollerScripts);
        await using var host = _deployment.Start("run");
        await using var secondHost = _deployment.StartWith(_deployment.WriteConfiguration("second.yaml", state: "second"), "run");
        var rows = await WaitForRowsAsync(rows => rows.All(IsTerminal));
        await host.SignalAsync("TERM");
        await secondHost.SignalAsync("TERM");
        var ends = await Task.WhenAll(host.WaitAsync(), secondHost.WaitAsync());

        await TestContext.Out.WriteLineAsync($"Of {ids.Count} jobs {_byHosts.JobIds.Count} ran on hosts and {_byPollers.JobIds.Count} on pollers.");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends.Select(end => end.ExitCode), Is.All.Zero, string.Join<ProgramEnd>("\n", ends));
            Assert.That(_byHosts.JobIds.Concat(_byPollers.JobIds), Is.EquivalentTo(ids), "each job's start");
            Assert.That(_byHosts.JobIds, Is.Not.Empty);
            Assert.That(_byPollers.JobIds, Is.Not.Empty);
            Assert.That(checks.SelectMany(marks => marks.JobIds), Is.EquivalentTo(checkers.Concat(checkers)), "each check, and its second one");
            Assert.That(rows.Select(row => row.Id), Is.EquivalentTo(ids.Concat(checkers)));
            Assert.That(rows.Select(row => row["status"]?.Text), Is.All.EqualTo("COMPLETED"));
        }
    }

    [Test]
    [Category("Soak")]
    public async Task A_poller_whose_clock_is_fast_never_takes_the_job_of_a_live_host()
    {
        LetJobsDo(UntilReleased);
        await PutAsync(NewJobs.Pending(JobId, "FULL_PIPELINE", "1", DateTimeOffset.UtcNow));
        await using var host = _deployment.Start("run", "--once");
        var claimed = await WaitForJobAsync(row => _byHosts.JobIds.Count == 1 && row["lock_expires_at"] is not null);
        // For its clock the lock is over as soon as a claim of the host has gone without a renewal.
        await using var poller = PythonPoller.Start(_table, PollerScripts, ForeignLock - ShortClaim);
        await poller.WaitForLogAsync(Polls);

        var overAt = ExpectedValue.TryParseTime(claimed["lock_expires_at"]!.Text, out var time) ? time - (ForeignLock - ShortClaim) : default;
        var renewed = await WaitForJobAsync(row => DateTimeOffset.UtcNow > overAt + ShortClaim / 2 && row["lock_expires_at"] != claimed["lock_expires_at"]);
        _deployment.Write("released", "");
        var end = await host.WaitAsync();

        var row = await _deployment.ReadRowAsync(JobId);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That(poller.Log, Has.None.Contains("Successfully claimed"));
            Assert.That(_byPollers.JobIds, Is.Empty);
            Assert.That(renewed["worker_id"], Is.EqualTo(claimed["worker_id"]));
            Assert.That(renewed["version"], Is.EqualTo(claimed["version"]), "a renewal raises no version");
            Assert.That(row["status"]?.Text, Is.EqualTo("COMPLETED"));
        }
    }

    [Test]
    public async Task A_job_of_a_dead_poller_is_left_alone_while_its_lock_lasts_and_taken_over_after_it()
    {
        LetJobsDo(UntilReleased);
        await PutAsync(NewJobs.Pending(JobId, "FULL_PIPELINE", "1", DateTimeOffset.UtcNow));
        await using (var poller = PythonPoller.Start(_table, PollerScripts))
        {
            await WaitForJobAsync(_ => _byPollers.JobIds.Count == 1);
            await poller.KillAsync();
        }

        _deployment.Write("released", "");
        var locked = await _table.GetAsync(JobId);

        var early = await _deployment.RunAsync("run", "--once");
        var afterEarly = await _table.GetAsync(JobId);
        await AgeAsync(TimeSpan.FromMinutes(20));
        var late = await _deployment.RunAsync("run", "--once");

        var row = await _deployment.ReadRowAsync(JobId);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(early.ExitCode, Is.Zero, early.ToString());
            Assert.That(JsonNode.DeepEquals(afterEarly, locked), $"{afterEarly} instead of {locked}");
            Assert.That(late.ExitCode, Is.Zero, late.ToString());
            Assert.That(row["status"]?.Text, Is.EqualTo("COMPLETED"));
            Assert.That(row["version"]?.Text, Is.EqualTo("4"), "two claims and an end");
            Assert.That(_byHosts.JobIds, Is.EqualTo(new[] { JobId }));
        }
    }

    [Test]
    [Category("Soak")]
    public async Task A_job_that_a_poller_took_over_from_a_dead_host_stays_with_the_poller()
    {
        LetJobsDo(UntilReleased);
        await PutAsync(NewJobs.Pending(JobId, "FULL_PIPELINE", "1", DateTimeOffset.UtcNow));
        await using (var dead = _deployment.Start("run"))
        {
            await WaitForJobAsync(_ => _byHosts.JobIds.Count == 1);
            dead.Kill();
            await dead.WaitAsync();
        }

        await AgeAsync(TimeSpan.FromMinutes(20));
        await using var poller = PythonPoller.Start(_table, PollerScripts);
        await poller.WaitForLogAsync("Successfully claimed job");
        var taken = await WaitForJobAsync(_ => _byPollers.JobIds.Count == 1);

        // It sees the claim of the dead host in the row, unchanged for longer than a claim lasts.
        await using var host = _deployment.StartWith(_deployment.WriteConfiguration("second.yaml", state: "second"), "run");
        await host.WaitForErrorAsync("with 4 slot(s)");
        var since = Stopwatch.GetTimestamp();
        var row = await WaitForJobAsync(row => row["worker_id"] != taken["worker_id"] || Stopwatch.GetElapsedTime(since) > 2 * ShortClaim);
        _deployment.Write("released", "");
        var ended = await WaitForJobAsync(IsTerminal);
        await host.SignalAsync("TERM");
        await host.WaitAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(row["worker_id"], Is.EqualTo(taken["worker_id"]));
            Assert.That(_byHosts.JobIds, Has.Count.EqualTo(1), "starts on hosts, of which the first one died");
            Assert.That(_byPollers.JobIds, Has.Count.EqualTo(1));
            Assert.That(ended["status"]?.Text, Is.EqualTo("COMPLETED"));
            Assert.That(ended["worker_id"], Is.EqualTo(taken["worker_id"]));
        }
    }

    private static bool IsTerminal(StoredRow row) => row["status"]?.Text is "COMPLETED" or "FAILED";

    private static string Checker(string id)
    {
        var row = JsonNode.Parse(File.ReadAllText(Expectations.FileOf("14-801-checker-pending")))!;
        row["job_id"]!["S"] = id;
        row["created_at"]!["S"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", null);
        return row.ToJsonString();
    }

    private void LetJobsDo(string script)
    {
        _byHosts = new Marks(_deployment, "host/run_delphi", script);
        _byPollers = new Marks(_deployment, "poller/run_delphi", script);
    }

    // The first one to ask for a batch hears that it still runs.
    private IReadOnlyList<Marks> LetChecksAskOnceMore()
    {
        const string Once = "mkdir \"../asked-$DELPHI_JOB_ID\" 2>/dev/null && exit 3; exit 0";
        var byPollers = new Marks(_deployment, "poller/803_check_batch_status", Once);
        var byHosts = new Marks(_deployment, "CheckNarrativeBatch", Once);
        return [byPollers, byHosts];
    }

    private Task PutAsync(string row) => _table.PutAsync(JsonNode.Parse(row)!.AsObject());

    /// <summary>Lets the row look as if its holder had fallen silent that long ago.</summary>
    private async Task AgeAsync(TimeSpan age)
    {
        var time = (DateTimeOffset.UtcNow - age).ToString(ExpectedValue.TimeFormat, null);
        await _table.SendAsync("UpdateItem", new JsonObject
        {
            ["Key"] = new JsonObject { ["job_id"] = new JsonObject { ["S"] = JobId } },
            ["UpdateExpression"] = "SET lock_expires_at = :time, updated_at = :time",
            ["ExpressionAttributeValues"] = new JsonObject { [":time"] = new JsonObject { ["S"] = time } },
        });
    }

    private async Task<StoredRow> WaitForJobAsync(Func<StoredRow, bool> isSo) =>
        (await WaitForRowsAsync(rows => rows.Any(row => row.Id == JobId && isSo(row)))).Single(row => row.Id == JobId);

    private async Task<IReadOnlyList<StoredRow>> WaitForRowsAsync(Func<IReadOnlyList<StoredRow>, bool> areSo)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var rows = await _deployment.ReadRowsAsync();
            if (areSo(rows))
                return rows;

            Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(Limit), $"The rows are: {string.Join("; ", rows.Select(row => $"{row.Id} {row["status"]}"))}");
            await Task.Delay(Look);
        }
    }
}
