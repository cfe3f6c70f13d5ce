using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Benchmarks;

/// <summary>A queue of its own for one repetition, in a folder that goes with it.</summary>
internal sealed class Workspace : IAsyncDisposable
{
    private Workspace(HostFolder folder)
    {
        Folder = folder;
        Database = Path.Combine(folder.State, "queue.db");
        Store = new SqliteJobStore(Database, TimeProvider.System);
    }

    public IJobStore Store { get; }

    public string Database { get; }

    public HostFolder Folder { get; }

    public string State => Folder.State;

    /// <summary>The file that takes the jobs' log lines.</summary>
    public string Lines => Folder.Lines;

    /// <summary>Makes a queue and fills it with jobs of one type.</summary>
    public static async Task<Workspace> CreateAsync(string parent, string jobType, int jobs, CancellationToken stoppingToken)
    {
        var workspace = new Workspace(HostFolder.Create(parent));
        await Jobs.SubmitAsync(workspace.Store, jobType, jobs, stoppingToken);
        return workspace;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Folder.Dispose();
    }
}
