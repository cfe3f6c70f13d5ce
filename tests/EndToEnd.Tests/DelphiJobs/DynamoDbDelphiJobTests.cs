using System.Text.Json.Nodes;
using DelphiRunner.TestServers;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>The rows on DynamoDB, stored by the client that the server of a deployment uses, and read back as the service sends them.</summary>
[TestFixture]
internal sealed class DynamoDbDelphiJobTests : DelphiJobContract
{
    private DynamoDbServer _server = null!; // Started before all tests.

    [OneTimeSetUp]
    public async Task StartServer() => _server = await RequiredServers.StartAsync(ServerKind.Dynoxide);

    [OneTimeTearDown]
    public async Task StopServer()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    protected override async Task<Deployment> DeployAsync(string row)
    {
        var table = await _server.CreateTableAsync();
        string[] items = [await File.ReadAllTextAsync(Expectations.FileOf(row)), HealthyJob()];
        await JavaScriptClient.PutAsync(_server.Endpoint, items.Select(item => (table, JsonNode.Parse(item)!.AsObject())));
        return new Deployment(new DeploymentOptions { Table = table });
    }
}
