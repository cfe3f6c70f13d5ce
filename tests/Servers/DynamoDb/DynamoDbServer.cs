using System.Globalization;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>A server that speaks DynamoDB's protocol, on a loopback port of its own, empty at its start.</summary>
internal sealed class DynamoDbServer : IAsyncDisposable
{
    private const int Tries = 5;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly ServerProcess _process;

    private DynamoDbServer(ServerKind kind, Uri endpoint, ServerProcess process)
    {
        Kind = kind;
        Endpoint = endpoint;
        _process = process;
        Requests = new DynamoDbRequests(endpoint);
    }

    public ServerKind Kind { get; }

    public Uri Endpoint { get; }

    /// <summary>Requests as text, with no SDK between.</summary>
    public DynamoDbRequests Requests { get; }

    /// <summary>What the server wrote last, for the message of a test that fails.</summary>
    public string LastLines => _process.LastLines;

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <exception cref="MissingServerException">It cannot be installed here.</exception>
    public static async Task<DynamoDbServer> StartAsync(ServerKind kind)
    {
        var lastLines = "";
        for (var tries = 0; tries < Tries; tries++)
        {
            var port = LoopbackPort.Free();
            var process = ServerProcess.Start(ServerProgram.Of(kind, port));
            if (await process.IsReadyAsync(StartLimit))
                return new DynamoDbServer(kind, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), process);

            // Somebody else may have taken the port since.
            lastLines = process.LastLines;
            await process.DisposeAsync();
        }

        throw new InvalidOperationException($"Server '{kind}' did not start in {Tries} tries. It wrote last:\n{lastLines}");
    }

    /// <summary>Creates the table of an existing deployment, with its four indexes, under a name that no other has.</summary>
    public Task<JobQueueTable> CreateTableAsync() => JobQueueTable.CreateAsync(this, $"{JobQueueTable.UsualName}_{Guid.NewGuid():N}");

    public async ValueTask DisposeAsync()
    {
        Requests.Dispose();
        await _process.DisposeAsync();
    }
}
