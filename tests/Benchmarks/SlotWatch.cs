using Microsoft.Data.Sqlite;

namespace DelphiRunner.Benchmarks;

/// <summary>Looks at a queue again and again while it is drained, past the store that is measured: never may more be claimed than there are slots.</summary>
internal sealed class SlotWatch(int slots)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>The most rows that one look saw claimed.</summary>
    public long Most { get; private set; }

    public int Looks { get; private set; }

    /// <summary>Runs something under watch.</summary>
    /// <exception cref="MeasureException">More rows were claimed than there are slots.</exception>
    public async Task<T> DuringAsync<T>(string database, Func<Task<T>> action, CancellationToken stoppingToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var watching = Task.Run(() => Watch(database, done.Token), CancellationToken.None);
        T result;
        try
        {
            result = await action();
        }
        finally
        {
            await done.CancelAsync();
            await watching;
        }

        return Most <= slots ? result : throw new MeasureException($"{Most} rows were claimed at once, with {slots} slots.");
    }

    private void Watch(string database, CancellationToken doneToken)
    {
        using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
        connection.Open();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM jobs WHERE status = 'PROCESSING'";
        while (!doneToken.WaitHandle.WaitOne(Pause))
        {
            Most = Math.Max(Most, (long)count.ExecuteScalar()!);
            Looks++;
        }
    }
}
