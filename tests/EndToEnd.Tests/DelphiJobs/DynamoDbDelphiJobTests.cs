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

    [Test]
    public async Task All_rows_in_one_table_end_as_a_correct_runner_leaves_them()
    {
        var table = await _server.CreateTableAsync();
        var before = Expectations.All.ToDictionary(expected => expected.Row, expected => StoredRow.Read(Expectations.FileOf(expected.Row)));
        var items = Rows.Select(row => (table, JsonNode.Parse(File.ReadAllText(Expectations.FileOf(row)))!.AsObject()));
        await JavaScriptClient.PutAsync(_server.Endpoint, items);
        // Nearly all are of one conversation; what counts here is that they do not disturb one another.
        using var deployment = new Deployment(new DeploymentOptions { Table = table, IsExclusive = false, Slots = 4 });

        var run = await deployment.RunAsync("run", "--once");

        var rows = (await JavaScriptClient.ReadAllAsync(table)).Select(StoredRow.Of).ToList();
        var created = rows.ExceptBy(before.Values.Select(row => row.Id), row => row.Id).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.ToString());
            foreach (var expected in Expectations.All)
            {
                var row = rows.Single(row => row.Id == before[expected.Row].Id);
                var checkers = created.Where(checker => checker["batch_job_id"]?.Text == row.Id).ToList();
                Assert.That(RowDifferences.InAttributes(expected, before[expected.Row], row), Is.Empty, expected.Row);
                Assert.That(StartDifferences.In(expected, deployment.StartsFor(row.Id), deployment.AppPath), Is.Empty, expected.Row);
                // One of the rows asks for the batch of another already; then it needs no second one.
                var hasChecker = checkers.Count == 0 && before.Values.Any(other => other["batch_job_id"]?.Text == row.Id);
                Assert.That(CheckerDifferences.In(hasChecker ? null : expected.Checker, checkers), Is.Empty, expected.Row);
            }

            Assert.That(created.Select(checker => checker["batch_job_id"]?.Text), Is.SubsetOf(rows.Select(row => row.Id)));
        }
    }

    protected override async Task<Deployment> DeployAsync(string row)
    {
        var table = await _server.CreateTableAsync();
        string[] items = [await File.ReadAllTextAsync(Expectations.FileOf(row)), HealthyJob()];
        await JavaScriptClient.PutAsync(_server.Endpoint, items.Select(item => (table, JsonNode.Parse(item)!.AsObject())));
        return new Deployment(new DeploymentOptions { Table = table });
    }
}
