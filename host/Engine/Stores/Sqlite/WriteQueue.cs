namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The one writer: a thread that takes what has been asked for meanwhile and stores it in one transaction.</summary>
/// <remarks>
/// A write's task completes when its commit has been synced, which <see cref="LogSync"/> does while the next group is being written; that of a claim
/// at the commit. If a group fails, it is rolled back and each of its writes is tried alone, so that only the one that cannot be stored fails. A write
/// whose token ends before its turn is not begun; once begun it is answered.
/// </remarks>
internal sealed class WriteQueue(SqliteFile file) : IAsyncDisposable
{
    /// <summary>Bounds the time that one transaction keeps other processes from writing.</summary>
    private const int MaxGroup = 1_000;

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _asked = new(initialState: false, spinCount: 0);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<QueuedWrite> _waiting = new();
    private readonly LogSync _sync = new(file);
    private Thread? _thread;
    private JobWrites? _writes;
    private bool _closing;

    /// <summary>Runs a write in a transaction that may hold others too.</summary>
    public Task<T> StoreAsync<T>(Func<JobWrites, T> write, CancellationToken cancellationToken) =>
        Enqueue(new QueuedWrite<T>(write, inTransaction: true, cancellationToken), write => write.Task, cancellationToken);

    /// <summary>Runs the last write of an attempt, whose slot has been given back: it can wait for a sync that many share.</summary>
    public Task<T> EndAsync<T>(Func<JobWrites, T> write, CancellationToken cancellationToken) =>
        Enqueue(new QueuedWrite<T>(write, inTransaction: true, cancellationToken, isPatient: true), write => write.Task, cancellationToken);

    /// <summary>Claims a row. The task completes when the claim is committed, its <see cref="ClaimedJob.Settled"/> when it is synced.</summary>
    public Task<ClaimedJob?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        Enqueue(new QueuedClaim(request, cancellationToken), claim => claim.Task, cancellationToken);

    /// <summary>Runs something on the writer's connection outside any transaction.</summary>
    public Task<T> LookAsync<T>(Func<JobWrites, T> look, CancellationToken cancellationToken) =>
        Enqueue(new QueuedWrite<T>(look, inTransaction: false, cancellationToken), look => look.Task, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        bool started;
        lock (_gate)
        {
            _closing = true;
            started = _thread is not null;
            _asked.Set();
        }

        if (started)
        {
            await _ended.Task;
        }

        _sync.Dispose();
        _asked.Dispose();
    }

    private Task<T> Enqueue<TWrite, T>(TWrite write, Func<TWrite, Task<T>> answer, CancellationToken cancellationToken)
        where TWrite : QueuedWrite
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(SqliteJobStore));
            _waiting.Enqueue(write);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "store writer" };
                _thread.Start();
            }

            if (_waiting.Count == 1)
            {
                _asked.Set();
            }
        }

        return answer(write);
    }

    private void Run()
    {
        var group = new List<QueuedWrite>();
        while (Take(group))
        {
            try
            {
                StoreGroup(group);
            }
            catch (Exception failure)
            {
                Refuse(group, failure);
            }

            group.Clear();
        }

        _sync.LetGo();
        _writes?.Dispose();
        _ended.SetResult();
    }

    /// <summary>Waits for writes.</summary>
    /// <returns>False when the queue is closed and empty.</returns>
    private bool Take(List<QueuedWrite> group)
    {
        _asked.Wait();
        lock (_gate)
        {
            while (group.Count < MaxGroup && _waiting.TryDequeue(out var write))
            {
                group.Add(write);
            }

            if (_waiting.Count == 0 && !_closing)
            {
                _asked.Reset();
            }
        }

        return group.Count > 0;
    }

    private void StoreGroup(List<QueuedWrite> group)
    {
        group.RemoveAll(write => write.CancelIfAsked());
        _sync.ThrowIfLost();
        var writes = _writes ??= JobWrites.Open(file);
        if (_sync.HasFailed)
        {
            writes.WholeCheckpoint();
            _sync.Recover();
        }

        foreach (var look in group)
        {
            if (!look.InTransaction)
            {
                look.Run(writes);
                look.Complete();
            }
        }

        group.RemoveAll(write => !write.InTransaction);
        if (group.Count > 0 && !TryStoreTogether(writes, group))
        {
            StoreOneByOne(group);
        }
    }

    private bool TryStoreTogether(JobWrites writes, List<QueuedWrite> group)
    {
        try
        {
            Store(writes, group);
        }
        catch (Exception) when (group.Count > 1)
        {
            // Each write of the group is tried again alone and meets the error there if it is its own.
            return false;
        }

        Answer(group);
        return true;
    }

    private void Answer(List<QueuedWrite> group)
    {
        foreach (var write in group)
        {
            write.Commit();
        }

        _sync.Add(group, _writes!.LogFrames); // They have just been stored by it.
        if (_sync.TakeCheckpointed())
        {
            CheckpointRest(_writes);
        }
    }

    /// <summary>Brings into the database file what was written during a checkpoint: little, so that it holds up the next group for a moment only.</summary>
    private void CheckpointRest(JobWrites writes)
    {
        try
        {
            writes.Checkpoint();
        }
        catch (Microsoft.Data.Sqlite.SqliteException failure)
        {
            // The writes of the group are stored whatever becomes of it.
            _sync.Lose(failure);
        }
    }

    private void StoreOneByOne(List<QueuedWrite> group)
    {
        foreach (var write in group)
        {
            try
            {
                Store(_writes ??= JobWrites.Open(file), [write]);
                Answer([write]);
            }
            catch (Exception failure)
            {
                Refuse([write], failure);
            }
        }
    }

    private static void Store(JobWrites writes, List<QueuedWrite> group)
    {
        writes.Begin();
        try
        {
            foreach (var write in group)
            {
                write.Run(writes);
            }

            writes.Commit();
        }
        catch
        {
            writes.Rollback();
            throw;
        }
    }

    private void Refuse(List<QueuedWrite> group, Exception failure)
    {
        if (SqliteFailure.EndsConnection(failure))
        {
            _sync.LetGo();
            _writes?.Dispose();
            _writes = null;
        }

        var explained = failure is Microsoft.Data.Sqlite.SqliteException known ? SqliteFailure.Explain(known, file.FullPath) : failure;
        foreach (var write in group)
        {
            write.Fail(explained);
        }
    }
}
