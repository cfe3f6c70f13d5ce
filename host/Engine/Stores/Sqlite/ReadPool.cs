using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A few reading connections. Readers see the last commit and wait for no writer.</summary>
internal sealed class ReadPool(SqliteFile file) : IAsyncDisposable
{
    private const int MaxConnections = 4;

    private readonly SemaphoreSlim _free = new(MaxConnections);
    private readonly ConcurrentStack<JobReads> _idle = new();
    private bool _closed;

    public async Task<T> ReadAsync<T>(Func<JobReads, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed), typeof(SqliteJobStore));
        await _free.WaitAsync(cancellationToken);
        try
        {
            return Read(read);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Waits for the reads that have begun.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }

        for (var connection = 0; connection < MaxConnections; connection++)
        {
            await _free.WaitAsync();
        }

        _free.Dispose();
        while (_idle.TryPop(out var reads))
        {
            reads.Dispose();
        }
    }

    private T Read<T>(Func<JobReads, T> read)
    {
        JobReads? reads = null;
        try
        {
            reads = _idle.TryPop(out var idle) ? idle : JobReads.Open(file);
            var result = read(reads);
            _idle.Push(reads);
            reads = null;
            return result;
        }
        catch (SqliteException failure)
        {
            throw SqliteFailure.Explain(failure, file.FullPath);
        }
        finally
        {
            // After any error the next reader begins with a new connection.
            reads?.Dispose();
        }
    }
}
