using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Upkeep;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Creates, looks over and copies the table of a queue.</summary>
internal sealed class DynamoDbUpkeep : IStoreUpkeep
{
    private readonly TableClients _clients;
    private readonly RowReads _reads;
    private readonly RowWrites _writes;
    private readonly TableCheck _check;
    private readonly TableCreation _creation;

    /// <param name="options">Which table, and where.</param>
    /// <param name="time">The clock of waits and limits.</param>
    public DynamoDbUpkeep(DynamoDbOptions options, TimeProvider time)
    {
        Name = $"dynamodb {options.Table} at {options.Endpoint?.ToString() ?? options.Region}";
        _clients = new TableClients(options);
        var calls = new TableCalls(_clients, options, time);
        _reads = new RowReads(calls);
        _writes = new RowWrites(calls, _reads, new RecentWrites(time), time);
        var probes = new TableProbes(calls, _reads, _writes);
        _check = new TableCheck(probes, options);
        _creation = new TableCreation(probes, calls, options, time);
    }

    public string Name { get; }

    /// <summary>How patiently an operator's command waits: a copy goes on through minutes of throttling.</summary>
    public static DynamoDbOptions Patient(DynamoDbOptions options) =>
        options with { WalksPatiently = true, Limits = options.Limits with { Write = TimeSpan.FromMinutes(5), Try = TimeSpan.FromSeconds(15) } };

    public Task<bool> CreateAsync(IProgress<string> progress, CancellationToken cancellationToken) => _creation.RunAsync(progress, cancellationToken);

    public Task<IReadOnlyList<StoreCheck>> CheckAsync(CancellationToken cancellationToken) => _check.RunAsync(cancellationToken);

    public IAsyncEnumerable<JobRow> ReadRowsAsync(IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        _reads.ScanAsync(names, cancellationToken);

    public async Task<IReadOnlyDictionary<string, JobRow>> GetRowsAsync(IReadOnlyCollection<string> jobIds, CancellationToken cancellationToken) =>
        await _reads.GetAllAsync(jobIds, cancellationToken);

    public Task<bool> AddRowAsync(JobRow row, CancellationToken cancellationToken) => _writes.CreateAsync(row, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _clients.Dispose();
        return ValueTask.CompletedTask;
    }
}
