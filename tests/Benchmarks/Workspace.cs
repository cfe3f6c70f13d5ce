using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Benchmarks;

/// <summary>A queue of its own for one repetition, in a folder that goes with it.</summary>
internal sealed class Workspace : IAsyncDisposable
{
    private readonly string _folder;

    private Workspace(string folder)
    {
        _folder = folder;
        Database = Path.Combine(folder, "queue.db");
        Store = new SqliteJobStore(Database, TimeProvider.System);
    }

    public IJobStore Store { get; }

    public string Database { get; }

    public string State => Path.Combine(_folder, "state");

    public string Configuration => Path.Combine(_folder, "runner.yaml");

    /// <summary>The file that takes the jobs' log lines.</summary>
    public string Lines => Path.Combine(_folder, "lines.log");

    /// <summary>Makes a queue and fills it with jobs of one type.</summary>
    public static async Task<Workspace> CreateAsync(string parent, string jobType, int jobs, CancellationToken stoppingToken)
    {
        var folder = Path.Combine(parent, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        var workspace = new Workspace(folder);
        await Jobs.SubmitAsync(workspace.Store, jobType, jobs, stoppingToken);
        return workspace;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
