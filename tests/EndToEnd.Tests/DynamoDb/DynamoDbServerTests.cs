using System.Net.Sockets;
using System.Text.Json.Nodes;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.DynamoDb;

/// <summary>The servers that stand in for DynamoDB: what other tests find by them is worth something only if this holds.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DynamoDbServerTests
{
    [TestCase(ServerKind.Dynoxide)]
    [TestCase(ServerKind.Dynalite)]
    public async Task A_server_gives_every_real_row_as_it_was_put(object kind)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        var table = await server.CreateTableAsync();
        var rows = Directory.GetFiles(BuiltFiles.DelphiJobs, "*.json").Select(file => JsonNode.Parse(File.ReadAllText(file))!.AsObject()).ToList();

        foreach (var row in rows)
            await table.PutAsync(row);

        var stored = (await table.ReadAllAsync()).ToDictionary(Id);
        Assert.That(stored, Has.Count.EqualTo(rows.Count));
        Assert.That(rows.Where(row => !JsonNode.DeepEquals(row, stored[Id(row)])), Is.Empty);
    }

    [TestCase(ServerKind.Dynoxide)]
    [TestCase(ServerKind.Dynalite)]
    public async Task A_client_of_another_language_puts_and_reads_every_real_row_byte_for_byte(object kind)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        var table = await server.CreateTableAsync();
        var files = Directory.GetFiles(BuiltFiles.DelphiJobs, "*.json").Order(StringComparer.Ordinal);
        var rows = files.Select(file => JsonNode.Parse(File.ReadAllText(file))!.AsObject()).ToList();

        await JavaScriptClient.PutAsync(server.Endpoint, rows.Select(row => (table, row)));

        var stored = (await table.ReadAllAsync()).ToDictionary(Id);
        var read = (await JavaScriptClient.ReadAllAsync(table)).ToDictionary(Id);
        Assert.That(rows.Where(row => !JsonNode.DeepEquals(row, stored[Id(row)])), Is.Empty);
        Assert.That(rows.Where(row => !JsonNode.DeepEquals(row, read[Id(row)])), Is.Empty);
    }

    [TestCase(ServerKind.Dynoxide)]
    [TestCase(ServerKind.Dynalite)]
    public async Task A_table_has_the_indexes_of_a_deployment(object kind)
    {
        await using var server = await RequiredServers.StartAsync((ServerKind)kind);
        var table = await server.CreateTableAsync();

        var described = await table.SendAsync("DescribeTable", []);

        var indexes = described["Table"]!["GlobalSecondaryIndexes"]!.AsArray().Select(index => index!["IndexName"]!.ToString());
        Assert.That(indexes, Is.EquivalentTo(["StatusCreatedIndex", "ConversationIndex", "JobTypeIndex", "WorkerStatusIndex"]));
        Assert.That(described["Table"]!["TableStatus"]!.ToString(), Is.EqualTo("ACTIVE"));
    }

    [Test]
    public async Task Servers_that_start_at_once_have_ports_of_their_own()
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RequiredServers.StartAsync(ServerKind.Dynoxide)));

        Assert.That(servers.Select(server => server.Endpoint), Is.Unique);
        foreach (var server in servers)
            await server.DisposeAsync();
    }

    [Test]
    public async Task A_server_that_was_stopped_listens_no_more()
    {
        var server = await RequiredServers.StartAsync(ServerKind.Dynoxide);

        await server.DisposeAsync();

        using var client = new TcpClient();
        await Assert.ThatAsync(() => client.ConnectAsync(server.Endpoint.Host, server.Endpoint.Port), Throws.InstanceOf<SocketException>());
    }

    private static string Id(JsonObject row) => row["job_id"]!["S"]!.ToString();
}
