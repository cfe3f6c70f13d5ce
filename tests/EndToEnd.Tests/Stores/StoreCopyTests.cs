using System.Globalization;
using System.Text.Json.Nodes;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.Stores;

[Parallelizable(ParallelScope.All)]
public sealed class StoreCopyTests
{
    /// <summary>Puts and updates whose condition cannot hold, one each for each copy.</summary>
    private const int TableProbes = 1;

    [TestCase(ServerKind.Dynoxide)]
    [TestCase(ServerKind.Dynalite)]
    public async Task Every_real_row_goes_to_a_table_and_back_byte_for_byte(object kind)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfSqlite();
        var files = Directory.GetFiles(BuiltFiles.DelphiJobs, "*.json");
        await StoreFolder.FillAsync(folder.Database, files.Select(File.ReadAllText));

        var there = await folder.RunJsonAsync(
            0, "store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(server.Endpoint, table.Name), "--include-running");
        var back = await folder.RunJsonAsync(
            0, "store", "copy", "--from", StoreFolder.NameOf(server.Endpoint, table.Name), "--to", "sqlite:back.db", "--include-running");
        var again = await folder.RunJsonAsync(0, "store", "copy", "--from", "sqlite:back.db", "--to", "runner.yaml", "--include-running");

        var stored = (await table.ReadAllAsync()).ToDictionary(item => item["job_id"]!["S"]!.ToString());
        var returned = (await StoreFolder.ReadAsync(folder.FileOf("back.db"))).ToDictionary(row => row.Id);
        foreach (var file in files)
        {
            var item = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject();
            var row = StoredRow.Read(file);
            Assert.That(JsonNode.DeepEquals(stored[row.Id], item), Is.True, file);
            Assert.That(returned[row.Id].Attributes, Is.EquivalentTo(row.Attributes), file);
        }

        Assert.That(Counts(there), Is.EqualTo((files.Length, files.Length, 0)));
        Assert.That(Counts(back), Is.EqualTo((files.Length, files.Length, 0)));
        Assert.That(Counts(again), Is.EqualTo((files.Length, 0, files.Length)));
    }

    [Test]
    public async Task Rows_of_one_table_go_to_another()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        var (one, other) = (await server.CreateTableAsync(), await server.CreateTableAsync());
        await one.PutAsync(Row("job"));
        using var folder = StoreFolder.OfTable(server.Endpoint, one.Name);

        await folder.RunJsonAsync(0, "store", "copy", "--from", "runner.yaml", "--to", $"dynamodb:{other.Name}", "--endpoint-url", server.Endpoint.ToString());

        Assert.That(JsonNode.DeepEquals(await other.GetAsync("job"), Row("job")), Is.True);
    }

    [Test]
    public async Task Numbers_and_sets_that_a_table_writes_in_its_own_way_are_no_conflict()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfSqlite();
        var row = Row("job");
        row["ratio"] = JsonNode.Parse("""{"N":"1.50"}""");
        row["tags"] = JsonNode.Parse("""{"SS":["b","a"]}""");
        row["nested"] = JsonNode.Parse("""{"M":{"z":{"N":"10.0"},"a":{"L":[{"NULL":true},{"BOOL":false},{"B":"AAE="}]}}}""");
        await StoreFolder.FillAsync(folder.Database, [row.ToJsonString()]);
        string[] copy = ["store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(server.Endpoint, table.Name)];

        var first = await folder.RunJsonAsync(0, copy);
        var second = await folder.RunJsonAsync(0, copy);

        Assert.That(Counts(first), Is.EqualTo((1, 1, 0)));
        Assert.That(Counts(second), Is.EqualTo((1, 0, 1)));
    }

    [Test]
    public async Task A_copy_that_was_killed_goes_on_without_writing_what_is_there()
    {
        const int Rows = 400;
        const int BeforeKill = 150;
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, Enumerable.Range(0, Rows).Select(number => Row(Id(number)).ToJsonString()));
        string[] copy = ["store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(proxy.Endpoint, table.Name)];
        var killed = new TaskCompletionSource();
        proxy.Refuse = HoldBackAfter(BeforeKill, killed.Task);

        await using (var program = folder.Start(copy))
        {
            await program.WaitForErrorAsync(string.Create(CultureInfo.InvariantCulture, $"{Rows * 3 / 10} of {Rows} rows read"));
            program.Kill();
            await program.WaitAsync();
        }

        // What the killed program had already sent may still be on its way into the table; nothing more of it may come.
        proxy.Refuse = (operation, _) => Task.FromResult(operation == "PutItem" ? "ThrottlingException" : null);
        killed.SetResult();
        await proxy.WaitForQuietAsync();
        proxy.Refuse = (_, _) => Task.FromResult<string?>(null);
        var present = (await table.ReadAllAsync()).Count;
        var putsBefore = proxy.Counts.Of("PutItem");
        var result = await folder.RunJsonAsync(0, copy);

        Assert.That(present, Is.InRange(Rows * 3 / 10, Rows - 1));
        Assert.That(result["read"]!.GetValue<int>(), Is.EqualTo(Rows));
        Assert.That(result["written"]!.GetValue<int>() + result["skipped"]!.GetValue<int>(), Is.EqualTo(Rows));
        Assert.That(result["skipped"]!.GetValue<int>(), Is.EqualTo(present));
        Assert.That(proxy.Counts.Of("PutItem") - putsBefore - TableProbes, Is.EqualTo(Rows - present));
        Assert.That((await table.ReadAllAsync()).Select(item => item["job_id"]!["S"]!.ToString()), Is.EquivalentTo(Enumerable.Range(0, Rows).Select(Id)));
    }

    [Test]
    public async Task An_interrupted_copy_says_what_it_did_and_how_to_go_on()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, Enumerable.Range(0, 200).Select(number => Row(Id(number)).ToJsonString()));
        string[] copy = ["store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(proxy.Endpoint, table.Name)];
        var interrupted = new TaskCompletionSource();
        proxy.Refuse = HoldBackAfter(100, interrupted.Task);

        ProgramEnd end;
        await using (var program = folder.Start(copy))
        {
            await program.WaitForErrorAsync("40 of 200 rows read");
            await program.SignalAsync("INT");
            end = await program.WaitAsync();
        }

        interrupted.SetResult();
        proxy.Refuse = (_, _) => Task.FromResult<string?>(null);
        Assert.That(end.ExitCode, Is.EqualTo(StoreFolder.Failed), end.ToString());
        Assert.That(end.OutputText, Does.Match("[0-9]+ read, [0-9]+ written").And.Contain("Run the same command again"));
        await folder.RunJsonAsync(0, copy);
        Assert.That(await table.ReadAllAsync(), Has.Count.EqualTo(200));
    }

    [Test]
    public async Task A_row_that_differs_is_left_as_it_is_and_reported()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        var table = await server.CreateTableAsync();
        await table.PutAsync(Row("taken", ("conversation_id", "other"), ("extra", "1")));
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, [Row("taken").ToJsonString(), Row("free").ToJsonString()]);
        string[] copy = ["store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(server.Endpoint, table.Name)];

        var result = await folder.RunJsonAsync(StoreFolder.Failed, copy);
        var text = await folder.RunAsync(copy);

        var conflict = result["conflicts"]!["rows"]!.AsArray().Single()!;
        Assert.That(conflict["job_id"]!.ToString(), Is.EqualTo("taken"));
        Assert.That(conflict["reason"]!.ToString(), Does.Contain("conversation_id, extra"));
        Assert.That(Counts(result), Is.EqualTo((2, 1, 0)));
        Assert.That(text.OutputText, Does.Contain("Conflict: 'taken'").And.Contain("2 read, 0 written, 1 skipped (there already), 1 conflicts"));
        Assert.That((await table.GetAsync("taken"))!["conversation_id"]!["S"]!.ToString(), Is.EqualTo("other"));
        Assert.That(await table.GetAsync("free"), Is.Not.Null);
    }

    [Test]
    public async Task Rows_that_are_being_processed_keep_all_from_being_copied_until_it_is_asked_for()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        var table = await server.CreateTableAsync();
        var rows = new[] { Row("running", ("status", "PROCESSING"), ("claim_id", "claim")), Row("pending") };
        foreach (var row in rows)
            await table.PutAsync(row);
        using var folder = StoreFolder.OfSqlite();
        string[] copy = ["store", "copy", "--from", StoreFolder.NameOf(server.Endpoint, table.Name), "--to", "sqlite:queue.db"];

        var refused = await folder.RunJsonAsync(StoreFolder.BadData, copy);
        var before = File.Exists(folder.Database);
        var asked = await folder.RunJsonAsync(0, [.. copy, "--include-running"]);

        Assert.That(refused["error"]!["problems"]!.AsArray().Single()!["message"]!.ToString(), Does.Contain("'running'"));
        Assert.That(before, Is.False);
        Assert.That(Counts(asked), Is.EqualTo((2, 2, 0)));
        Assert.That((await StoreFolder.ReadAsync(folder.Database)).Single(row => row.Id == "running")["claim_id"]!.Text, Is.EqualTo("claim"));
    }

    [Test]
    public async Task Rows_that_a_table_cannot_hold_are_reported_with_the_reason_and_the_others_are_copied()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfSqlite();
        var emptySet = Row("empty-set");
        emptySet["tags"] = new JsonObject { ["SS"] = new JsonArray() };
        var rows = new[]
        {
            Row("no-conversation", ("conversation_id", "")), Row("huge", ("logs", new string('x', 410_000))), emptySet, Row("healthy"),
        };
        await StoreFolder.FillAsync(folder.Database, rows.Select(row => row.ToJsonString()));

        var result = await folder.RunJsonAsync(
            StoreFolder.Failed, "store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(server.Endpoint, table.Name));

        var reasons = result["refused"]!["rows"]!.AsArray().ToDictionary(row => row!["job_id"]!.ToString(), row => row!["reason"]!.ToString());
        Assert.That(reasons.Keys, Is.EquivalentTo(["no-conversation", "huge", "empty-set"]));
        Assert.That(reasons["no-conversation"], Does.Contain("'conversation_id'").And.Contain("key of an index"));
        Assert.That(reasons["huge"], Does.Contain("400 KB"));
        Assert.That((await table.ReadAllAsync()).Select(item => item["job_id"]!["S"]!.ToString()), Is.EqualTo(["healthy"]));
    }

    [Test]
    public async Task Throttled_requests_are_sent_again_until_every_row_is_there_once()
    {
        const int Rows = 120;
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, Enumerable.Range(0, Rows).Select(number => Row(Id(number)).ToJsonString()));
        var requests = 0;
        proxy.Refuse = (operation, _) => Task.FromResult(
            operation is "PutItem" or "BatchGetItem" && Interlocked.Increment(ref requests) % 3 == 0 ? "ProvisionedThroughputExceededException" : null);

        var result = await folder.RunJsonAsync(
            0, "store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(proxy.Endpoint, table.Name));

        Assert.That(Counts(result), Is.EqualTo((Rows, Rows, 0)));
        Assert.That(proxy.Counts.FailedConditions, Is.EqualTo(2 * TableProbes), "no row is written twice; the table was probed by an update and by a put");
        Assert.That(requests, Is.GreaterThan(Rows));
    }

    [Test]
    public async Task With_the_role_of_a_deployment_a_copy_works_in_both_directions()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        proxy.Refuse = Tables.RefuseAsOfDeployment;
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, Enumerable.Range(0, 40).Select(number => Row(Id(number)).ToJsonString()));
        var name = StoreFolder.NameOf(proxy.Endpoint, table.Name);

        await folder.RunJsonAsync(0, "store", "copy", "--from", "sqlite:queue.db", "--to", name);
        var again = await folder.RunJsonAsync(0, "store", "copy", "--from", "sqlite:queue.db", "--to", name);
        var back = await folder.RunJsonAsync(0, "store", "copy", "--from", name, "--to", "sqlite:back.db");

        Assert.That(Counts(again), Is.EqualTo((40, 0, 40)));
        Assert.That(Counts(back), Is.EqualTo((40, 40, 0)));
    }

    [Test]
    public async Task Rows_that_change_while_they_are_copied_are_reported_as_out_of_date()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        var (source, target) = (await server.CreateTableAsync(), await server.CreateTableAsync());
        foreach (var id in new[] { "still", "claimed" })
            await source.PutAsync(Row(id));
        using var folder = StoreFolder.OfTable(proxy.Endpoint, source.Name);
        proxy.Refuse = async (operation, body) =>
        {
            if (operation == "PutItem" && body.Contains("\"S\":\"claimed\"", StringComparison.Ordinal))
                await source.PutAsync(Row("claimed", ("status", "PROCESSING")));

            return null;
        };

        var result = await folder.RunJsonAsync(
            StoreFolder.Failed, "store", "copy", "--from", "runner.yaml", "--to", StoreFolder.NameOf(proxy.Endpoint, target.Name));

        Assert.That(result["out_of_date"]!["rows"]!.AsArray().Select(row => row!["job_id"]!.ToString()), Is.EqualTo(["claimed"]));
        Assert.That(Counts(result), Is.EqualTo((2, 2, 0)));
    }

    [TestCase("sqlite:", "sqlite:queue.db", StoreFolder.Usage, "--from", "names no file")]
    [TestCase("postgres:queue", "sqlite:queue.db", StoreFolder.Usage, "--from", "sqlite:PATH")]
    [TestCase("dynamodb:,region=us-east-1", "sqlite:queue.db", StoreFolder.Usage, "--from", "names no table")]
    [TestCase("dynamodb:Delphi_JobQueue,zone=1", "sqlite:queue.db", StoreFolder.Usage, "zone=1", "endpoint=URL")]
    [TestCase("sqlite:queue.db", "sqlite:./queue.db", StoreFolder.Usage, "one store", "Name two")]
    [TestCase("sqlite:queue.db", "sqlite:other.db", StoreFolder.StoreUnavailable, "no database file", "queue.db")]
    [TestCase("dynamodb:no", "sqlite:queue.db", StoreFolder.StoreUnavailable, "'no'", "3 to 255")]
    [TestCase("dynamodb:Table,endpoint=nowhere", "sqlite:queue.db", StoreFolder.StoreUnavailable, "'nowhere'", "no URL")]
    public async Task A_store_that_cannot_be_meant_is_refused_before_anything_is_created(string from, string to, int exitCode, string subject, string rule)
    {
        using var folder = StoreFolder.OfSqlite();

        var end = await folder.RunAsync("store", "copy", "--from", from, "--to", to);

        Assert.That(end.ExitCode, Is.EqualTo(exitCode), end.ToString());
        Assert.That(end.ErrorText, Does.Contain(subject).And.Contain(rule));
        Assert.That(File.Exists(folder.Database), Is.False);
        Assert.That(File.Exists(folder.FileOf("other.db")), Is.False);
    }

    [Test]
    public async Task A_target_without_a_table_is_refused_with_what_to_do()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        using var folder = StoreFolder.OfSqlite();
        await StoreFolder.FillAsync(folder.Database, [Row("job").ToJsonString()]);

        var end = await folder.RunAsync("store", "copy", "--from", "sqlite:queue.db", "--to", StoreFolder.NameOf(server.Endpoint, "Nowhere"));

        Assert.That(end.ExitCode, Is.EqualTo(StoreFolder.StoreUnavailable), end.ToString());
        Assert.That(end.ErrorText, Does.Contain("'Nowhere'").And.Contain("store init"));
    }

    /// <summary>Lets some rows be written, and holds back the others until the signal: they are never written.</summary>
    private static Func<string, string, Task<string?>> HoldBackAfter(int puts, Task signal)
    {
        var seen = 0;
        return async (operation, body) =>
        {
            // The probe of the table is a put, too.
            if (operation != "PutItem" || !body.Contains("FULL_PIPELINE", StringComparison.Ordinal) || Interlocked.Increment(ref seen) <= puts)
                return null;

            await signal;
            return "ThrottlingException";
        };
    }

    private static (int Read, int Written, int Skipped) Counts(JsonObject result) =>
        (result["read"]!.GetValue<int>(), result["written"]!.GetValue<int>(), result["skipped"]!.GetValue<int>());

    private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"job-{number:000}");

    private static JsonObject Row(string id, params (string Name, string Value)[] changes)
    {
        var row = JsonNode.Parse(NewJobs.Pending(id, "FULL_PIPELINE", "39321", DateTimeOffset.UnixEpoch))!.AsObject();
        foreach (var (name, value) in changes)
            row[name] = new JsonObject { ["S"] = value };

        return row;
    }
}
