using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>Makes commits durable: a thread that syncs the write-ahead log and then answers all writes that were committed before the sync began.</summary>
/// <remarks>
/// SQLite itself would sync within each commit and keep the next group of writes waiting meanwhile. The order is the same: written to the log, synced,
/// acknowledged. While thousands a second come that can wait, there is a pause before each sync, so that more share it.
/// A sync that failed says nothing of earlier ones that succeed afterwards, since systems forget what they could not write: from then on
/// every group is refused until the log has been brought into the database file (<see cref="HasFailed"/>). If what fails is the database file itself, the log is the only
/// good copy, and nothing is written any more that could make SQLite begin it anew (<see cref="ThrowIfLost"/>): a start of the program recovers from it.
/// </remarks>
internal sealed class LogSync(SqliteFile file) : IDisposable
{
    /// <summary>From so many pages of the log on, they are brought into the database file.</summary>
    private const int CheckpointFrames = 4_000;

    /// <summary>Where a reader keeps the log from beginning anew, it is tried again after so many more.</summary>
    private const int NextCheckpointFrames = 1_000;

    /// <summary>Bounds what a stalled disk can pile up; further writes wait.</summary>
    private const int MaxWaiting = 1_000;

    /// <summary>With so many writes to a sync there are thousands a second, of jobs that run nothing.</summary>
    private const int Many = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Connections that stay open until the process ends: with the last one SQLite would remove a log that is the only good copy.</summary>
    private static readonly ConcurrentBag<SqliteConnection> KeptOpen = [];

    private readonly object _gate = new();
    private readonly Queue<QueuedWrite> _waiting = new();
    private Thread? _thread;
    private StoreException? _failure;
    private StoreException? _loss;
    private SqliteConnection? _connection;
    private int _frames;
    private int _checkpointAt = CheckpointFrames;
    private bool _isCheckpointed;
    private bool _isSyncing;
    private bool _isPausing;
    private bool _isUrgent;
    private bool _wereMany;
    private bool _closing;

    /// <summary>Whether what was committed may not be on the disk.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_gate)
            {
                return _failure is not null;
            }
        }
    }

    /// <summary>Takes the writes of a group that has just been committed; waits while too many are not synced yet.</summary>
    /// <param name="group">The writes.</param>
    /// <param name="frames">The length of the log, in pages.</param>
    public void Add(List<QueuedWrite> group, int frames)
    {
        lock (_gate)
        {
            while (_waiting.Count >= MaxWaiting && _failure is null)
            {
                Monitor.Wait(_gate);
            }

            foreach (var write in group)
            {
                _waiting.Enqueue(write);
            }

            if (frames < _frames)
            {
                // The log has begun anew.
                _checkpointAt = CheckpointFrames;
            }

            _frames = frames;
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "store sync" };
                _thread.Start();
            }

            _isUrgent |= !group.TrueForAll(static write => write.IsPatient);
            if (!_isPausing || _isUrgent || _waiting.Count >= MaxWaiting / 2)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Says once after a checkpoint of this thread that the writer should bring the rest into the file.</summary>
    public bool TakeCheckpointed()
    {
        lock (_gate)
        {
            var taken = _isCheckpointed;
            _isCheckpointed = false;
            return taken;
        }
    }

    /// <summary>Refuses to go on after <see cref="Lose"/>.</summary>
    /// <exception cref="StoreException">What was brought into the database file may not be on the disk.</exception>
    public void ThrowIfLost()
    {
        lock (_gate)
        {
            if (_loss is not null)
            {
                throw _loss;
            }
        }
    }

    /// <summary>Notes that a checkpoint failed. One that was only kept from its work does no harm: the log stays longer until a later try.</summary>
    public void Lose(SqliteException failure)
    {
        if (failure.SqliteErrorCode == raw.SQLITE_IOERR)
        {
            lock (_gate)
            {
                _loss ??= new StoreException(
                    $"Database file '{file.FullPath}' could not be made durable ({failure.Message}). Check the disk and the system's log, then start the program again, which recovers from the write-ahead log. Nothing is written until then.", failure);
                _failure ??= _loss;
            }
        }
    }

    /// <summary>Goes on after a failure: all that was committed is in the database file, and that is synced.</summary>
    public void Recover()
    {
        lock (_gate)
        {
            _failure = _loss;
        }
    }

    /// <summary>Waits until what was added is answered, and lets go of the log: for a writer that closes its connection, after which the log may be another file.</summary>
    public void LetGo()
    {
        lock (_gate)
        {
            while (_waiting.Count > 0 || _isSyncing)
            {
                Monitor.Wait(_gate);
            }

            Close();
        }
    }

    /// <summary>Syncs and answers what was added, then ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.PulseAll(_gate);
        }

        _thread?.Join();
        Close();
    }

    private void Close()
    {
        if (_loss is not null && _connection is not null)
        {
            KeptOpen.Add(_connection);
        }
        else
        {
            _connection?.Dispose();
        }

        _connection = null;
    }

    private void Run()
    {
        var group = new List<QueuedWrite>();
        while (Take(group))
        {
            var isSynced = false;
            try
            {
                SqliteFile.SyncLog(_connection ??= file.Open());
                isSynced = true;
            }
            catch (Exception exception) when (exception is SqliteException or StoreException)
            {
                Fail(new StoreException(
                    $"The write-ahead log '{file.WalPath}' could not be made durable: {exception.Message} Check the disk and the system's log. This write may be lost or may be stored.", exception));
            }

            Answer(group);
            group.Clear();
            if (isSynced)
            {
                CheckpointIfDue(_connection!); // Synced by it.
            }
        }
    }

    /// <summary>Brings most of a long log into the database file while the writer goes on, so that only the rest holds it up.</summary>
    private void CheckpointIfDue(SqliteConnection connection)
    {
        lock (_gate)
        {
            if (_frames < _checkpointAt || _failure is not null)
            {
                return;
            }

            _checkpointAt = _frames + NextCheckpointFrames;
        }

        try
        {
            using var statement = new Statement(connection, WriteSql.Checkpoint);
            statement.Run();
            SqliteFile.SyncDatabase(connection);
            lock (_gate)
            {
                _isCheckpointed = true;
            }
        }
        catch (SqliteException failure)
        {
            Lose(failure);
        }
    }

    /// <returns>False when no more will come.</returns>
    private bool Take(List<QueuedWrite> group)
    {
        lock (_gate)
        {
            _isSyncing = false;
            Monitor.PulseAll(_gate);
            while (_waiting.Count == 0 && !_closing)
            {
                Monitor.Wait(_gate);
            }

            if (_wereMany && !_isUrgent && !_closing)
            {
                _isPausing = true;
                Monitor.Wait(_gate, Pause);
                _isPausing = false;
            }

            group.AddRange(_waiting);
            _waiting.Clear();
            _isUrgent = false;
            _wereMany = group.Count >= Many;
            _isSyncing = group.Count > 0;
            Monitor.PulseAll(_gate);
            return _isSyncing;
        }
    }

    private void Fail(StoreException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }
    }

    private void Answer(List<QueuedWrite> group)
    {
        StoreException? failure;
        lock (_gate)
        {
            failure = _failure;
        }

        foreach (var write in group)
        {
            if (failure is null)
            {
                write.Complete();
            }
            else
            {
                write.Fail(failure);
            }
        }
    }
}
