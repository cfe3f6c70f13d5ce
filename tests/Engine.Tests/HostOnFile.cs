using System.Text.Json.Nodes;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.Engine.Tests.Plugins;
using DelphiRunner.Engine.Tests.Stores.DynamoDb;

namespace DelphiRunner.Engine.Tests;

/// <summary>A whole host in this process on a queue in a file: poller, heartbeat and executor, with real children.</summary>
internal sealed class HostOnFile : IAsyncDisposable
{
    private readonly DropFolder _folder = new DropFolder().Drop("Shell");

    public HostOnFile()
    {
        Directory.CreateDirectory(State);
        Store = new SqliteJobStore(Path.Combine(State, "..", "queue.db"), TimeProvider.System);
    }

    public SqliteJobStore Store { get; }

    public RecordedEvents Log { get; } = new();

    public string State => Path.Combine(Path.GetDirectoryName(_folder.Folder)!, "state"); // The folder of plugins has a parent.

    /// <summary>The options of SHELL.</summary>
    public JobTypeOptions Shell { get; set; } = new();

    /// <summary>Changes what the host is configured with.</summary>
    public Func<EngineOptions, EngineOptions> Configure { get; set; } = options => options;

    public async Task SubmitAsync(string id, string script, params (string Name, JsonNode Value)[] further)
    {
        var config = new JsonObject { ["script"] = script };
        foreach (var (name, value) in further)
            config[name] = value;
        await SubmitAsync(new NewJob { Id = id, Type = "SHELL", ConfigJson = config.ToJsonString() });
    }

    public async Task SubmitAsync(NewJob job, params (string Name, RowValue? Value)[] changes)
    {
        var row = NewRow.Of(job, "test", DateTimeOffset.UtcNow).With(changes.Select(change => KeyValuePair.Create(change.Name, change.Value)));
        Assert.That(await Store.CreateAsync(row, CancellationToken.None), Is.True);
    }

    public async Task RunAsync(bool once = true, CancellationToken stoppingToken = default)
    {
        await (await HostAsync()).RunAsync(once, stoppingToken);
    }

    /// <summary>What would be run for a job.</summary>
    public async Task<PlannedJob> PlanAsync(string id) => await (await HostAsync()).PlanAsync(await ReadAsync(id), CancellationToken.None);

    /// <summary>A row as it is stored.</summary>
    public async Task<JobRow> ReadAsync(string id) => await Store.GetAsync(id, CancellationToken.None) ?? throw new AssertionException($"There is no job '{id}'.");

    /// <summary>The last entry of a row's history.</summary>
    public async Task<JsonObject> LastAttemptAsync(string id) =>
        JsonNode.Parse((await ReadAsync(id)).Text(JobAttributes.Attempts) ?? "[]")!.AsArray() is [.., { } last] ? last.AsObject() : [];

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<JobHost> HostAsync()
    {
        var plugins = await _folder.LoadAsync();
        var options = new EngineOptions
        {
            State = State,
            Serving = new ServingOptions { Slots = 2 },
            Polling = new PollingOptions { Interval = TimeSpan.FromMilliseconds(100) },
            JobTypes = new Dictionary<string, JobTypeOptions> { ["SHELL"] = Shell },
        };
        return new JobHost(Store, plugins, Configure(options), Stream.Null, TimeProvider.System, Log);
    }
}
