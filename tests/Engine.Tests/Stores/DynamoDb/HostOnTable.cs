using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores.DynamoDb;
using DelphiRunner.Engine.Tests.Plugins;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>A whole host in this process on a table: poller, heartbeat and executor, with real children.</summary>
internal sealed class HostOnTable : IAsyncDisposable
{
    private readonly DropFolder _folder = new DropFolder().Drop("Shell");
    private readonly JobQueueTable _table;
    private readonly DynamoDbJobStore _store;

    public HostOnTable(JobQueueTable table, FaultyConnection connection)
    {
        _table = table;
        Connection = connection;
        _store = new DynamoDbJobStore(OptionsFor(table, connection), TimeProvider.System);
    }

    public FaultyConnection Connection { get; }

    public RecordedEvents Log { get; } = new();

    public string State => Path.Combine(Path.GetDirectoryName(_folder.Folder)!, "state"); // The folder of plugins has a parent.

    public static DynamoDbOptions OptionsFor(JobQueueTable table, FaultyConnection connection) => new()
    {
        Endpoint = table.Endpoint,
        Table = table.Name,
        Http = connection,
        Limits = new CallLimits { Try = TimeSpan.FromSeconds(2) },
    };

    /// <summary>Puts jobs into the table that each run a script, in which <c>JOB</c> stands for the job's number.</summary>
    public async Task SubmitAsync(int count, string script)
    {
        await using var store = new DynamoDbJobStore(OptionsFor(_table, new FaultyConnection()), TimeProvider.System);
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (number, token) =>
        {
            var id = $"job-{number:D4}";
            var config = new System.Text.Json.Nodes.JsonObject { ["script"] = script.Replace("JOB", id, StringComparison.Ordinal) }.ToJsonString();
            await store.CreateAsync(NewRow.Of(new NewJob { Id = id, Type = "SHELL", ConfigJson = config }, "test", DateTimeOffset.UtcNow), token);
        });
    }

    public async Task RunAsync(int slots, bool once, CancellationToken stoppingToken, TimeSpan? interval = null)
    {
        var plugins = await _folder.LoadAsync();
        var options = new EngineOptions
        {
            State = State,
            Serving = new ServingOptions { Slots = slots },
            Polling = new PollingOptions { Interval = interval ?? TimeSpan.FromSeconds(2) },
        };
        Directory.CreateDirectory(State);
        await new JobHost(_store, plugins, options, Stream.Null, TimeProvider.System, Log).RunAsync(once, stoppingToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }
}
