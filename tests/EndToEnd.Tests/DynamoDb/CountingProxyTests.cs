using System.Diagnostics;
using System.Text.Json.Nodes;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.DynamoDb;

/// <summary>The figures that tests and benchmarks state are those of the proxy.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CountingProxyTests
{
    private const string JobId = "11111111-0000-4000-8000-000000000001";

    [Test]
    public async Task Requests_their_capacity_and_refused_conditions_are_counted()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        using var requests = new DynamoDbRequests(proxy.Endpoint);
        var table = await server.CreateTableAsync();
        var item = JsonNode.Parse(NewJobs.Pending(JobId, "FULL_PIPELINE", "1", DateTimeOffset.UtcNow))!.AsObject();

        await requests.SendAsync("PutItem", new JsonObject { ["TableName"] = table.Name, ["Item"] = item.DeepClone() });
        var again = new JsonObject { ["TableName"] = table.Name, ["Item"] = item.DeepClone(), ["ConditionExpression"] = "attribute_not_exists(job_id)" };
        await Assert.ThatAsync(() => requests.SendAsync("PutItem", again), Throws.InvalidOperationException.With.Message.Contains("ConditionalCheckFailed"));

        // The row and its copies in the indexes that have its keys: no priority, so not in the third.
        Assert.That(proxy.Counts.Of("PutItem"), Is.EqualTo(2));
        Assert.That(proxy.Counts.FailedConditions, Is.EqualTo(1));
        Assert.That(proxy.Counts.WriteUnits, Is.EqualTo(4));
        Assert.That(await table.GetAsync(JobId), Is.Not.Null);
    }

    [Test]
    public async Task An_index_lag_holds_back_the_answers_of_queries_alone()
    {
        var lag = TimeSpan.FromSeconds(1);
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server, lag);
        using var requests = new DynamoDbRequests(proxy.Endpoint);
        var table = await server.CreateTableAsync();
        await table.PutAsync(JsonNode.Parse(NewJobs.Pending(JobId, "FULL_PIPELINE", "1", DateTimeOffset.UtcNow))!.AsObject());

        var query = await TimedAsync(() => requests.SendAsync("Query", PendingIn(table)), out var found);
        var scan = await TimedAsync(() => requests.SendAsync("Scan", new JsonObject { ["TableName"] = table.Name }), out _);

        Assert.That(query, Is.GreaterThanOrEqualTo(lag));
        Assert.That(scan, Is.LessThan(lag));
        Assert.That((await found)["Count"]!.GetValue<int>(), Is.EqualTo(1));
    }

    private static JsonObject PendingIn(JobQueueTable table) => new()
    {
        ["TableName"] = table.Name,
        ["IndexName"] = "StatusCreatedIndex",
        ["KeyConditionExpression"] = "#status = :pending",
        ["ExpressionAttributeNames"] = new JsonObject { ["#status"] = "status" },
        ["ExpressionAttributeValues"] = new JsonObject { [":pending"] = new JsonObject { ["S"] = "PENDING" } },
    };

    private static Task<TimeSpan> TimedAsync(Func<Task<JsonObject>> send, out Task<JsonObject> answer)
    {
        var start = Stopwatch.GetTimestamp();
        answer = send();
        return answer.ContinueWith(_ => Stopwatch.GetElapsedTime(start), TaskScheduler.Default);
    }
}
