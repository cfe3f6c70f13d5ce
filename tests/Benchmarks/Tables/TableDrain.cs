using System.Globalization;
using DelphiRunner.Engine.Stores.DynamoDb;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.Benchmarks.Tables;

/// <summary>Fills a table of its own with jobs, and lets the real program drain it, as one process or several.</summary>
internal sealed record TableDrain
{
    public required string Folder { get; init; }

    public required string JobType { get; init; }

    public required int Jobs { get; init; }

    /// <summary>The configuration of every job, or null for none.</summary>
    public string? Config { get; init; }

    public int Hosts { get; init; } = 1;

    public required int Slots { get; init; }

    /// <summary>Whether requests are counted, which costs some of the rate.</summary>
    public bool IsCounted { get; init; } = true;

    public TimeSpan IndexLag { get; init; }

    public async Task<TableRun> RunAsync(CancellationToken stoppingToken)
    {
        await using var server = await DynamoDbServer.StartAsync(ServerKind.Dynoxide);
        var table = await server.CreateTableAsync();
        await using var store = new DynamoDbJobStore(new DynamoDbOptions { Endpoint = server.Endpoint, Table = table.Name }, TimeProvider.System);
        await Benchmarks.Jobs.SubmitAsync(store, JobType, Jobs, stoppingToken, Config);
        await using var proxy = CountingProxy.Start(server, IndexLag);
        await RunHostsAsync(IsCounted ? proxy.Endpoint : server.Endpoint, table.Name, stoppingToken);
        var rows = await Benchmarks.Jobs.ReadDrainedAsync(store, Jobs, stoppingToken);
        var again = rows.Where(row => row.Attempt != 1).Select(row => row.Id).ToList();
        return again.Count == 0
            ? new TableRun(Jobs, Hosts, rows.Max(row => row.Time(JobAttributes.CompletedAt))!.Value - rows.Min(row => row.StartedAt)!.Value, proxy.Counts)
            : throw new MeasureException($"Of {Jobs} jobs {again.Count} were begun more than once, among them '{again[0]}'.");
    }

    private async Task RunHostsAsync(Uri endpoint, string table, CancellationToken stoppingToken)
    {
        var store = string.Create(CultureInfo.InvariantCulture, $"{{ kind: dynamodb, endpoint: '{endpoint}', region: us-east-1, table: {table} }}");
        var folders = Enumerable.Range(0, Hosts).Select(_ => HostFolder.Create(Folder)).ToList();
        var hosts = folders.Select(folder => HostProcess.Start(folder, store, Slots, "--once")).ToList();
        try
        {
            await Task.WhenAll(hosts.Select(host => host.EndAsync(stoppingToken)));
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();

            folders.ForEach(folder => folder.Dispose());
        }
    }
}
