using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.DynamoDb;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>Whole hosts on a table: what their jobs cost, and what becomes of them when the connection is bad.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HostTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly string _marks = Path.Combine(Path.GetTempPath(), $"delphi-marks-{Guid.NewGuid():N}");
    private DynamoDbServer _server = null!; // Set before each test.
    private JobQueueTable _table = null!; // Set before each test.

    private string Mark => $"echo JOB >> {_marks}";

    [SetUp]
    public async Task CreateTable()
    {
        _server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        _table = await JobQueueTable.CreateAsync(_server, JobQueueTable.UsualName);
    }

    [TearDown]
    public async Task StopServer()
    {
        await _server.DisposeAsync();
        File.Delete(_marks);
    }

    [TestCase(0, 2.3)]
    [TestCase(20, 3.5)]
    public async Task A_job_costs_so_many_requests_and_one_host_loses_no_claim(int lines, double most)
    {
        const int Count = 200;
        await using var host = new HostOnTable(_table, new FaultyConnection { CountsCapacity = true });
        await host.SubmitAsync(Count, $"{Mark}; {Lines(lines)}");

        await host.RunAsync(slots: 16, once: true, CancellationToken.None).WaitAsync(Soon);

        var requests = (double)host.Connection.Sent.Count / Count;
        await TestContext.Out.WriteLineAsync(
            $"{lines} lines: {requests:0.00} requests and {host.Connection.WriteUnits / Count:0.0} write units a job, {LostClaims(host)} lost claims");
        Assert.That(await MarksAsync(), Is.Unique.And.Length.EqualTo(Count));
        Assert.That(requests, Is.LessThanOrEqualTo(most));
        Assert.That(LostClaims(host), Is.Zero);
        Assert.That(host.Connection.Sent.Select(request => request.Operation), Is.All.AnyOf("UpdateItem", "Query"), "no read before a claim and none before an end");
    }

    [Test]
    public async Task Four_hosts_start_each_job_once_and_lose_at_most_one_claim_in_ten_jobs()
    {
        const int Count = 1000;
        var hosts = Enumerable.Range(0, 4).Select(_ => new HostOnTable(_table, new FaultyConnection())).ToList();
        await hosts[0].SubmitAsync(Count, Mark);

        await Task.WhenAll(hosts.Select(host => host.RunAsync(slots: 8, once: true, CancellationToken.None))).WaitAsync(Soon);

        var lost = (double)hosts.Sum(LostClaims) / Count;
        var requests = (double)hosts.Sum(host => host.Connection.Sent.Count) / Count;
        await TestContext.Out.WriteLineAsync($"{lost:0.000} lost claims and {requests:0.00} requests a job");
        Assert.That(await MarksAsync(), Is.Unique.And.Length.EqualTo(Count));
        Assert.That(await CompletedAsync(), Is.EqualTo(Count));
        Assert.That(lost, Is.LessThanOrEqualTo(0.1));
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Test]
    public async Task With_one_answer_in_ten_lost_every_job_runs_once_and_every_line_is_there_once()
    {
        const int Count = 500;
        var connection = new FaultyConnection();
        await using var host = new HostOnTable(_table, connection);
        await host.SubmitAsync(Count, $"{Mark}; {Lines(20)}");
        var number = 0;
        connection.After = (_, _) => Interlocked.Increment(ref number) % 10 == 0 ? throw new HttpRequestException("The answer is lost.") : Task.CompletedTask;

        await host.RunAsync(slots: 16, once: true, CancellationToken.None).WaitAsync(2 * Soon);

        connection.After = (_, _) => Task.CompletedTask;
        Assert.That(await MarksAsync(), Is.Unique.And.Length.EqualTo(Count));
        Assert.That(host.Log.Count("JobAbandoned") + host.Log.Count("ClaimLost") + host.Log.Count("EndNotRecorded"), Is.Zero);
        foreach (var item in await _table.ReadAllAsync())
        {
            Assert.That(item["status"]!["S"]!.GetValue<string>(), Is.EqualTo("COMPLETED"));
            Assert.That(item["version"]!["N"]!.GetValue<string>(), Is.EqualTo("3"), "one claim and one end");
            Assert.That(Messages(item["logs"]!["S"]!.GetValue<string>()), Is.EqualTo(Enumerable.Range(1, 20).Select(line => $"[stdout] line {line}")));
        }
    }

    [Test]
    public async Task A_table_that_is_deleted_under_a_host_is_said_once_and_the_host_goes_on_when_it_is_back()
    {
        await using var host = new HostOnTable(_table, new FaultyConnection());
        using var stopping = new CancellationTokenSource();
        var polled = host.Connection.SentMore("Query", 4);
        var running = host.RunAsync(slots: 2, once: false, stopping.Token, TimeSpan.FromMilliseconds(50));
        await polled.WaitAsync(Soon);
        await _server.Requests.SendAsync("DeleteTable", new() { ["TableName"] = _table.Name });
        await host.Log.Logged("PollFailed", 1).WaitAsync(Soon);
        await host.Connection.SentMore("Query", 9).WaitAsync(Soon);
        await JobQueueTable.CreateAsync(_server, _table.Name);
        await host.SubmitAsync(1, Mark);
        await host.Log.Logged("JobEnded", 1).WaitAsync(Soon);
        await stopping.CancelAsync();
        await running.WaitAsync(Soon);

        Assert.That(host.Log.Count("PollFailed"), Is.EqualTo(1));
        Assert.That(host.Log.MessageOf("PollFailed"), Does.Contain("There is no such table in this region and account"));
        Assert.That(host.Log.Count("PollRecovered"), Is.EqualTo(1));
    }

    [Test]
    public async Task Refused_writes_are_said_once_and_neither_stop_the_host_nor_lose_a_job()
    {
        var connection = new FaultyConnection();
        await using var host = new HostOnTable(_table, connection);
        var refuses = false;
        connection.Before = (request, _) => Task.FromResult(
            Volatile.Read(ref refuses) && request.Operation == "UpdateItem" ? FaultyConnection.Refusal("ExpiredTokenException", "The security token included in the request is expired") : null);
        using var stopping = new CancellationTokenSource();
        var polled = connection.SentMore("Query", 4);
        var running = host.RunAsync(slots: 4, once: false, stopping.Token, TimeSpan.FromMilliseconds(20));
        await polled.WaitAsync(Soon);
        Volatile.Write(ref refuses, true);
        var refused = connection.SentMore("UpdateItem", 20);
        await host.SubmitAsync(8, Mark);
        await refused.WaitAsync(Soon);
        Volatile.Write(ref refuses, false);
        await host.Log.Logged("JobEnded", 8).WaitAsync(Soon);

        await stopping.CancelAsync();
        await running.WaitAsync(Soon);
        Assert.That(await MarksAsync(), Is.Unique.And.Length.EqualTo(8));
        Assert.That(host.Log.Count("ClaimFailed"), Is.EqualTo(1));
        Assert.That(host.Log.MessageOf("ClaimFailed"), Does.Contain("The credentials have expired"));
        Assert.That(host.Log.Count("PollFailed"), Is.EqualTo(1));
    }

    [Test]
    public async Task Refused_claims_beside_another_host_are_not_tried_with_one_job_after_the_other()
    {
        const int Count = 200;
        var connection = new FaultyConnection
        {
            Before = (request, _) => Task.FromResult(
                request.Operation == "UpdateItem" && request.Body.Contains("job-", StringComparison.Ordinal) ? FaultyConnection.Refusal("AccessDeniedException", "no") : null),
        };
        await using var host = new HostOnTable(_table, connection);
        await host.SubmitAsync(Count, Mark);
        await _table.PutAsync(new JsonObject
        {
            ["job_id"] = new JsonObject { ["S"] = "held" },
            ["job_type"] = new JsonObject { ["S"] = "SHELL" },
            ["status"] = new JsonObject { ["S"] = "PROCESSING" },
            ["created_at"] = new JsonObject { ["S"] = "2026-01-01T00:00:00Z" },
            ["worker_id"] = new JsonObject { ["S"] = "another" },
            ["claim_id"] = new JsonObject { ["S"] = "another.1" },
        });

        using var stopping = new CancellationTokenSource();
        var running = host.RunAsync(slots: Count, once: false, stopping.Token, TimeSpan.FromHours(1));
        await host.Log.Logged("PollFailed", 1).WaitAsync(Soon);
        await stopping.CancelAsync();
        await running.WaitAsync(Soon);

        Assert.That(host.Log.Count("ClaimFailed"), Is.EqualTo(1));
        Assert.That(connection.Count("UpdateItem"), Is.LessThan(Count / 2), "claims that were tried before the queue was left alone");
    }

    [Test]
    public async Task A_run_that_ends_when_nothing_is_due_fails_when_its_only_job_cannot_be_claimed()
    {
        var connection = new FaultyConnection
        {
            Before = (request, _) => Task.FromResult(
                request.Body.Contains("job-0000", StringComparison.Ordinal) ? FaultyConnection.Refusal("AccessDeniedException", "no") : null),
        };
        await using var host = new HostOnTable(_table, connection);
        await host.SubmitAsync(1, Mark);

        await Assert.ThatAsync(
            () => host.RunAsync(slots: 1, once: true, CancellationToken.None, TimeSpan.FromMilliseconds(20)).WaitAsync(Soon), Throws.TypeOf<StoreException>());
    }

    [Test]
    public async Task The_end_of_a_job_waits_out_a_table_that_does_not_answer()
    {
        var connection = new FaultyConnection();
        await using var host = new HostOnTable(_table, connection);
        await host.SubmitAsync(1, $"{Mark}; while [ ! -e {_marks}.go ]; do sleep 0.01; done; {Lines(5)}");
        var running = host.RunAsync(slots: 1, once: true, CancellationToken.None);
        await host.Log.Logged("JobClaimed", 1).WaitAsync(Soon);
        connection.Before = (request, _) => request.Operation == "UpdateItem" ? throw new HttpRequestException("unreachable") : Task.FromResult<HttpResponseMessage?>(null);
        var failed = connection.SentMore("UpdateItem", 4);
        await File.WriteAllTextAsync($"{_marks}.go", "");
        await failed.WaitAsync(Soon);

        connection.Before = (_, _) => Task.FromResult<HttpResponseMessage?>(null);
        await running.WaitAsync(Soon);
        File.Delete($"{_marks}.go");

        Assert.That(await MarksAsync(), Is.EqualTo(new[] { "job-0000" }));
        Assert.That(await CompletedAsync(), Is.EqualTo(1));
        var item = (await _table.GetAsync("job-0000"))!;
        Assert.That(Messages(item["logs"]!["S"]!.GetValue<string>()), Is.EqualTo(Enumerable.Range(1, 5).Select(line => $"[stdout] line {line}")));
    }

    [Test]
    [Category("Soak")]
    public async Task With_an_index_that_lags_the_rate_is_at_least_half_of_that_without()
    {
        var without = await RateAsync(TimeSpan.Zero);
        await _server.Requests.SendAsync("DeleteTable", new() { ["TableName"] = _table.Name });
        await JobQueueTable.CreateAsync(_server, _table.Name);
        var with = await RateAsync(TimeSpan.FromMilliseconds(50));

        await TestContext.Out.WriteLineAsync($"{without:0} jobs/s, and {with:0} with 50 ms of lag");
        Assert.That(with, Is.GreaterThanOrEqualTo(without / 2));
    }

    private static string Lines(int count) => count == 0 ? "true" : $"i=0; while [ $i -lt {count} ]; do i=$((i+1)); echo line $i; done";

    /// <summary>The claims that a host lost: all failed conditions but that of its probe.</summary>
    private static int LostClaims(HostOnTable host) =>
        host.Connection.FailedConditions - host.Connection.Sent.Count(request => request.Body.Contains("delphi-runner probe", StringComparison.Ordinal));

    private static IEnumerable<string?> Messages(string logs)
    {
        using var json = JsonDocument.Parse(logs);
        return [.. json.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("message").GetString())
            .Where(message => message!.StartsWith("[stdout]", StringComparison.Ordinal))];
    }

    private async Task<double> RateAsync(TimeSpan lag)
    {
        const int Count = 400;
        var connection = new FaultyConnection { After = (request, token) => request.Operation == "Query" ? Task.Delay(lag, token) : Task.CompletedTask };
        await using var host = new HostOnTable(_table, connection);
        await host.SubmitAsync(Count, "true");
        var since = TimeProvider.System.GetTimestamp();
        await host.RunAsync(slots: 16, once: true, CancellationToken.None).WaitAsync(Soon);
        return Count / TimeProvider.System.GetElapsedTime(since).TotalSeconds;
    }

    private async Task<string[]> MarksAsync() => await File.ReadAllLinesAsync(_marks);

    private async Task<int> CompletedAsync() =>
        (await _table.ReadAllAsync()).Count(item => item["status"]!["S"]!.GetValue<string>() == JobStatuses.Completed);
}
