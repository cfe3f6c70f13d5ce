using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.EndToEnd.Tests.Stores;

/// <summary>A folder with a configuration of one store, where the commands <c>store …</c> are run.</summary>
internal sealed class StoreFolder : IDisposable
{
    public const int Failed = 1;
    public const int Usage = 64;
    public const int BadData = 65;
    public const int StoreUnavailable = 69;

    private readonly TemporaryFolder _folder = new();

    private StoreFolder(string store) => _folder.Write("runner.yaml", $"store: {store}\nplugins: {{ folder: plugins }}\n");

    public string Database => Path.Combine(_folder.FullPath, "queue.db");

    public static StoreFolder OfSqlite(string path = "queue.db") => new($"{{ kind: sqlite, path: {path} }}");

    public static StoreFolder OfTable(Uri endpoint, string table) => new($"{{ kind: dynamodb, endpoint: '{endpoint}', table: {table} }}");

    /// <summary>A table as <c>--from</c> and <c>--to</c> name it.</summary>
    public static string NameOf(Uri endpoint, string table) => $"dynamodb:{table},endpoint={endpoint}";

    public string FileOf(string name) => Path.Combine(_folder.FullPath, name);

    public Task<ProgramEnd> RunAsync(params IEnumerable<string> arguments) => RunnerProgram.RunAsync(_folder.FullPath, new Dictionary<string, string>(), arguments);

    /// <summary>Runs a command with <c>--output json</c>, expects its exit code, and gives the document.</summary>
    public async Task<JsonObject> RunJsonAsync(int exitCode, params IEnumerable<string> arguments)
    {
        var end = await RunAsync([.. arguments, "--output", "json"]);
        Assert.That(end.ExitCode, Is.EqualTo(exitCode), end.ToString());
        return JsonNode.Parse(end.OutputText)!.AsObject();
    }

    public RunnerProgram Start(params IEnumerable<string> arguments) => RunnerProgram.Start(_folder.FullPath, new Dictionary<string, string>(), arguments);

    /// <summary>Puts rows, each in DynamoDB JSON, into a database file as they are.</summary>
    public static async Task FillAsync(string database, IEnumerable<string> rows)
    {
        await using var store = new SqliteUpkeep(database);
        await Task.WhenAll(rows.Select(row => store.AddRowAsync(RowJson.Parse(row), CancellationToken.None)));
    }

    public static async Task<IReadOnlyList<StoredRow>> ReadAsync(string database)
    {
        await using var store = new SqliteUpkeep(database);
        return await store.ReadRowsAsync(null, CancellationToken.None).Select(StoredRow.Of).ToListAsync();
    }

    public void Dispose() => _folder.Dispose();
}
