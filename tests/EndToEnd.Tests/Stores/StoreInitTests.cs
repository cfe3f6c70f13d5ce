using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.Stores;

[Parallelizable(ParallelScope.All)]
public sealed class StoreInitTests
{
    [TestCase(ServerKind.Dynoxide)]
    [TestCase(ServerKind.Dynalite)]
    public async Task A_missing_table_is_created_as_a_deployment_has_it_and_a_second_run_changes_nothing(object kind)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        using var folder = StoreFolder.OfTable(server.Endpoint, "Created");

        var first = await folder.RunJsonAsync(0, "store", "init");
        var created = await DescribeAsync(server, "Created");
        var second = await folder.RunJsonAsync(0, "store", "init");

        Assert.That(first["created"]!.GetValue<bool>(), Is.True);
        Assert.That(second["created"]!.GetValue<bool>(), Is.False);
        Assert.That(Shape(created), Is.EqualTo(Shape(JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(BuiltFiles.Root, "tests", "Fixtures", "Delphi_JobQueue.table.json")))!)));
        Assert.That(JsonNode.DeepEquals(await DescribeAsync(server, "Created"), created), Is.True);
    }

    [Test]
    public async Task Of_two_that_create_the_table_at_once_one_does_and_both_succeed()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        using var folder = StoreFolder.OfTable(server.Endpoint, "Created");

        var runs = await Task.WhenAll(folder.RunJsonAsync(0, "store", "init"), folder.RunJsonAsync(0, "store", "init"));

        Assert.That(runs.Select(run => run["created"]!.GetValue<bool>()), Is.EquivalentTo([true, false]));
        Assert.That(runs.Select(run => run["ok"]!.GetValue<bool>()), Is.All.True);
    }

    [Test]
    public async Task A_table_that_lacks_an_index_is_left_as_it_is_and_the_index_is_named()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await Tables.CreateWithoutAsync(server, "Lacking", "ConversationIndex");
        using var folder = StoreFolder.OfTable(server.Endpoint, "Lacking");
        var before = await DescribeAsync(server, "Lacking");

        var end = await folder.RunAsync("store", "init");

        Assert.That(end.ExitCode, Is.EqualTo(StoreFolder.Failed), end.ToString());
        Assert.That(end.OutputText, Does.Contain("is there already; nothing was changed").And.Match("index ConversationIndex +missing"));
        Assert.That(JsonNode.DeepEquals(await DescribeAsync(server, "Lacking"), before), Is.True);
    }

    [Test]
    public async Task Credentials_that_may_not_create_tables_are_told_whose_may()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        proxy.Refuse = (operation, _) => Task.FromResult(operation is "CreateTable" or "DescribeTable" ? "AccessDeniedException" : null);
        using var folder = StoreFolder.OfTable(proxy.Endpoint, "Created");

        var end = await folder.RunAsync("store", "init");

        Assert.That(end.ExitCode, Is.EqualTo(StoreFolder.StoreUnavailable), end.ToString());
        Assert.That(end.ErrorText, Does.Contain("may not be created with these credentials").And.Contain("administrator"));
    }

    [Test]
    public async Task With_the_role_of_a_deployment_its_table_is_found_to_be_there()
    {
        await using var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);
        await using var proxy = CountingProxy.Start(server);
        proxy.Refuse = Tables.RefuseAsOfDeployment;
        var table = await server.CreateTableAsync();
        using var folder = StoreFolder.OfTable(proxy.Endpoint, table.Name);

        var result = await folder.RunJsonAsync(0, "store", "init");

        Assert.That(result["created"]!.GetValue<bool>(), Is.False);
    }

    [Test]
    public async Task A_database_file_is_created_once_and_keeps_its_rows()
    {
        using var folder = StoreFolder.OfSqlite();

        var first = await folder.RunJsonAsync(0, "store", "init");
        await StoreFolder.FillAsync(folder.Database, [NewJobs.Pending("job", "FULL_PIPELINE", "1", DateTimeOffset.UtcNow)]);
        var second = await folder.RunJsonAsync(0, "store", "init");

        Assert.That(first["created"]!.GetValue<bool>(), Is.True);
        Assert.That(second["created"]!.GetValue<bool>(), Is.False);
        Assert.That((await StoreFolder.ReadAsync(folder.Database)).Select(row => row.Id), Is.EqualTo(["job"]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public async Task A_state_folder_that_is_made_for_the_queue_is_its_owners_alone_and_another_is_as_others_are()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        using var folder = StoreFolder.OfSqlite("state/queue.db");
        using var elsewhere = StoreFolder.OfSqlite("queue/queue.db");

        await folder.RunJsonAsync(0, "store", "init");
        await elsewhere.RunJsonAsync(0, "store", "init");

        Assert.That(File.GetUnixFileMode(folder.FileOf("state")), Is.EqualTo(Private));
        Assert.That(File.GetUnixFileMode(elsewhere.FileOf("queue")), Is.Not.EqualTo(Private));
    }

    private static async Task<JsonNode> DescribeAsync(DynamoDbServer server, string table) =>
        (await server.Requests.SendAsync("DescribeTable", new JsonObject { ["TableName"] = table }))["Table"]!;

    private static IEnumerable<string> Shape(JsonNode table) => table["GlobalSecondaryIndexes"]!.AsArray()
        .Select(index => $"{index!["IndexName"]}: {string.Join(", ", index["KeySchema"]!.AsArray().Select(key => $"{key!["AttributeName"]} {key["KeyType"]}"))}, {index["Projection"]!["ProjectionType"]}")
        .Order(StringComparer.Ordinal)
        .Prepend((table["BillingModeSummary"]?["BillingMode"] ?? table["BillingMode"])!.ToString());
}
