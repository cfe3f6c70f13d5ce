using System.Text.Json.Nodes;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.Stores;

[Parallelizable(ParallelScope.All)]
public sealed class StoreCheckTests
{
    private const string Mine = "job-of-the-test";

    [TestCase(ServerKind.Dynoxide)]
    [TestCase(ServerKind.Dynalite)]
    public async Task A_table_of_a_deployment_has_all_that_is_needed_also_by_its_own_role(object kind)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        await using var proxy = CountingProxy.Start(server);
        var table = await server.CreateTableAsync();
        using var whole = StoreFolder.OfTable(server.Endpoint, table.Name);
        using var limited = StoreFolder.OfTable(proxy.Endpoint, table.Name);
        proxy.Refuse = Tables.RefuseAsOfDeployment;

        var allowed = await whole.RunJsonAsync(0, "store", "check");
        var refused = await limited.RunJsonAsync(0, "store", "check");

        Assert.That(States(allowed).Values, Is.All.EqualTo("ok"));
        Assert.That(Detail(allowed, "table"), Does.Contain("on demand"));
        Assert.That(
            States(refused).Where(check => check.Value != "ok").Select(check => $"{check.Key} {check.Value}"),
            Is.EquivalentTo(["permission BatchGetItem refused", "permission DescribeTable refused"]));
        Assert.That(await table.ReadAllAsync(), Is.Empty);
    }

    [TestCase(ServerKind.Dynoxide, "StatusCreatedIndex", StoreFolder.Failed)]
    [TestCase(ServerKind.Dynalite, "StatusCreatedIndex", StoreFolder.Failed)]
    [TestCase(ServerKind.Dynoxide, "ConversationIndex", StoreFolder.Failed)]
    [TestCase(ServerKind.Dynoxide, "JobTypeIndex", 0)]
    [TestCase(ServerKind.Dynoxide, "WorkerStatusIndex", 0)]
    public async Task A_missing_index_is_named_with_what_it_costs_whether_the_table_may_be_described_or_not(object kind, string index, int exitCode)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        await using var proxy = CountingProxy.Start(server);
        await Tables.CreateWithoutAsync(server, "Lacking", index);
        using var folder = StoreFolder.OfTable(proxy.Endpoint, "Lacking");

        var described = await folder.RunJsonAsync(exitCode, "store", "check");
        proxy.Refuse = Tables.RefuseAsOfDeployment;
        var probed = await folder.RunJsonAsync(exitCode, "store", "check");

        foreach (var result in new[] { described, probed })
        {
            Assert.That(
                States(result).Where(check => check.Key.StartsWith("index", StringComparison.Ordinal) && check.Value != "ok"),
                Is.EqualTo([KeyValuePair.Create($"index {index}", "missing")]));
            Assert.That(Check(result, $"index {index}")["cost"]!.ToString(), Is.Not.Empty);
            Assert.That(result["ok"]!.GetValue<bool>(), Is.EqualTo(exitCode == 0));
        }
    }

    [Test]
    public async Task An_index_that_holds_only_keys_is_found_to_be_wrong()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await Tables.CreateWithKeysOnlyAsync(server, "KeysOnly", "StatusCreatedIndex");
        using var folder = StoreFolder.OfTable(server.Endpoint, "KeysOnly");

        var result = await folder.RunJsonAsync(StoreFolder.Failed, "store", "check");

        Assert.That(States(result)["index StatusCreatedIndex"], Is.EqualTo("wrong"));
        Assert.That(Detail(result, "index StatusCreatedIndex"), Does.Contain("KEYS_ONLY"));
    }

    [TestCase(ServerKind.Dynoxide)]
    [TestCase(ServerKind.Dynalite)]
    public async Task A_missing_table_is_said_to_be_missing_and_is_not_created(object kind)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        using var folder = StoreFolder.OfTable(server.Endpoint, "Nowhere");

        var result = await folder.RunJsonAsync(StoreFolder.Failed, "store", "check");

        Assert.That(States(result), Is.EqualTo(new Dictionary<string, string> { ["table"] = "missing" }));
        Assert.That(result["rows"], Is.Null);
        Assert.That((await server.Requests.SendAsync("ListTables", []))["TableNames"]!.AsArray(), Is.Empty);
    }

    [TestCase("GetItem", StoreFolder.Failed)]
    [TestCase("UpdateItem", StoreFolder.Failed)]
    [TestCase("PutItem", StoreFolder.Failed)]
    [TestCase("Scan", StoreFolder.Failed)]
    [TestCase("BatchGetItem", 0)]
    [TestCase("DescribeTable", 0)]
    public async Task A_refused_permission_is_named_with_what_it_costs(string refused, int exitCode)
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        proxy.Refuse = (operation, _) => Task.FromResult(operation == refused ? "AccessDeniedException" : null);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfTable(proxy.Endpoint, table.Name);

        var result = await folder.RunJsonAsync(exitCode, "store", "check");

        Assert.That(
            States(result).Where(check => check.Value != "ok"), Is.EqualTo([KeyValuePair.Create($"permission {refused}", "refused")]));
        Assert.That(Check(result, $"permission {refused}")["cost"]!.ToString(), Is.Not.Empty);
        Assert.That(result["rows"] is null, Is.EqualTo(refused == "Scan"), "rows that could not be counted are not none");
    }

    [Test]
    public async Task Indexes_that_may_not_be_queried_are_refused_and_not_missing()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        proxy.Refuse = (operation, _) => Task.FromResult(operation == "Query" ? "AccessDeniedException" : null);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfTable(proxy.Endpoint, table.Name);

        var result = await folder.RunJsonAsync(StoreFolder.Failed, "store", "check");

        Assert.That(States(result).Where(check => check.Key.StartsWith("index", StringComparison.Ordinal)).Select(check => check.Value), Is.EqualTo(Enumerable.Repeat("refused", 4)));
    }

    [Test]
    public async Task Jobs_are_listed_by_the_role_of_a_deployment_too()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        proxy.Refuse = Tables.RefuseAsOfDeployment;
        var table = await server.CreateTableAsync();
        await table.PutAsync(Row(Mine));
        using var folder = StoreFolder.OfTable(proxy.Endpoint, table.Name);

        var list = await folder.RunJsonAsync(0, "jobs", "list");

        Assert.That(list["jobs"]!.AsArray().Select(job => job!["job_id"]!.ToString()), Is.EqualTo([Mine]));
    }

    [Test]
    public async Task Odd_rows_of_both_stores_are_counted_by_kind_and_named()
    {
        var rows = new[]
        {
            Row("healthy"),
            Row("no-status", ("status", null)),
            Row("no-time", ("created_at", null)),
            Row("lower", ("status", "pending")),
            Row("foreign", ("status", "CANCELLED")),
            Row("unlocked", ("status", "PROCESSING")),
            Row("locked", ("status", "PROCESSING"), ("lock_expires_at", "2026-01-01T00:00:00.000000+00:00")),
            Row("checking", ("status", "LOCKED_FOR_CHECKING")),
            Row("ghost", ("status", null), ("created_at", null), ("job_type", null), ("conversation_id", null)),
        };
        var expected = new Dictionary<string, string>
        {
            ["ghost_row"] = "ghost",
            ["no_status"] = "no-status",
            ["locked_for_checking"] = "checking",
            ["lower_case_status"] = "lower",
            ["unknown_status"] = "foreign",
            ["no_created_at"] = "no-time",
            ["processing_without_lock"] = "unlocked",
        };
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        var table = await server.CreateTableAsync();
        foreach (var row in rows)
            await table.PutAsync(row);
        using var onTable = StoreFolder.OfTable(server.Endpoint, table.Name);
        using var onFile = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(onFile.Database, rows.Select(row => row.ToJsonString()));

        foreach (var folder in new[] { onTable, onFile })
        {
            var result = await folder.RunJsonAsync(0, "store", "check");

            Assert.That(result["rows"]!["count"]!.GetValue<int>(), Is.EqualTo(rows.Length));
            Assert.That(result["rows"]!["by_status"]![""]!.GetValue<int>(), Is.EqualTo(2));
            Assert.That(
                result["anomalies"]!.AsArray().ToDictionary(anomaly => anomaly!["kind"]!.ToString(), anomaly => anomaly!["job_ids"]!.AsArray().Single()!.ToString()),
                Is.EqualTo(expected));
            Assert.That(result["anomalies"]!.AsArray().Select(anomaly => anomaly!["advice"]!.ToString()), Is.All.Not.Empty);
        }
    }

    [Test]
    public async Task A_database_file_that_is_missing_is_not_created_by_looking()
    {
        using var folder = StoreFolder.OfSqlite();

        var result = await folder.RunJsonAsync(StoreFolder.Failed, "store", "check");

        Assert.That(States(result), Is.EqualTo(new Dictionary<string, string> { ["file"] = "missing" }));
        Assert.That(File.Exists(folder.Database), Is.False);
    }

    [Test]
    public async Task A_database_file_is_looked_over()
    {
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, [Row(Mine).ToJsonString()]);

        var result = await folder.RunJsonAsync(0, "store", "check");

        Assert.That(States(result).Keys, Is.EqualTo(["file", "schema", "integrity", "journal", "synchronous", "writing", "disk"]));
        Assert.That(States(result).Values, Is.All.EqualTo("ok"));
        Assert.That((await StoreFolder.ReadAsync(folder.Database)).Select(row => row.Id), Is.EqualTo([Mine]));
    }

    [Test]
    public async Task A_damaged_database_file_is_told_from_an_empty_one()
    {
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, Enumerable.Range(0, 50).Select(number => Row($"job-{number}").ToJsonString()));
        await using (var file = File.OpenWrite(folder.Database))
        {
            file.Seek(8192, SeekOrigin.Begin);
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, (int)file.Length - 8192).ToArray());
        }

        var result = await folder.RunJsonAsync(StoreFolder.Failed, "store", "check");

        Assert.That(States(result)["integrity"], Is.EqualTo("wrong"));
        Assert.That(result["rows"], Is.Null);
    }

    [Test]
    public async Task An_endpoint_that_nobody_answers_is_no_finding_but_a_failure()
    {
        using var folder = StoreFolder.OfTable(new Uri($"http://127.0.0.1:{LoopbackPort.Free()}"), "Delphi_JobQueue");

        var result = await folder.RunJsonAsync(StoreFolder.StoreUnavailable, "store", "check");

        Assert.That(result["error"]!["kind"]!.ToString(), Is.EqualTo("store"));
    }

    private static JsonObject Row(string id, params (string Name, string? Value)[] changes)
    {
        var row = JsonNode.Parse(NewJobs.Pending(id, "FULL_PIPELINE", "39321", DateTimeOffset.UtcNow))!.AsObject();
        foreach (var (name, value) in changes)
        {
            row.Remove(name);
            if (value is not null)
                row[name] = new JsonObject { ["S"] = value };
        }

        return row;
    }

    private static Dictionary<string, string> States(JsonObject result) =>
        result["checks"]!.AsArray().ToDictionary(check => check!["name"]!.ToString(), check => check!["state"]!.ToString());

    private static JsonNode Check(JsonObject result, string name) => result["checks"]!.AsArray().Single(check => check!["name"]!.ToString() == name)!;

    private static string Detail(JsonObject result, string name) => Check(result, name)["detail"]!.ToString();
}
