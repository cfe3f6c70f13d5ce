namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>Notices commits of other processes: the system reports that the write-ahead log was touched, SQLite says whether it was a foreign commit.</summary>
/// <remarks>
/// The report comes when the log is written, a commit is visible only after its sync. So a report without a commit is followed by further looks
/// at growing distances. Where no watch can be had, looks at the longest distance take its place. Nothing runs while nobody waits.
/// </remarks>
internal sealed class ChangeWatch : IDisposable
{
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(256);

    // The system reports each page of each write, our own too: a quarter of a busy host's processor time, while nobody waits.
    private const int UnheardReports = 64;

    private readonly string _log;
    private readonly Func<Task<bool>> _look;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _again;
    private TaskCompletionSource _change = NewChange();
    private FileSystemWatcher? _watcher;
    private TimeSpan _step;
    private long _changes;
    private long _told;
    private int _waiters;
    private int _unheard;
    private bool _looking;
    private bool _disposed;

    /// <param name="log">The path of the write-ahead log.</param>
    /// <param name="look">Tells whether there was a foreign commit since the last look.</param>
    /// <param name="time">The clock of the waits.</param>
    public ChangeWatch(string log, Func<Task<bool>> look, TimeProvider time)
    {
        (_log, _look, _time) = (log, look, time);
        _again = time.CreateTimer(_ => LookSoon(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends the waits, now or the next one that begins.</summary>
    public void Tell()
    {
        lock (_gate)
        {
            _changes++;
            if (_waiters > 0)
            {
                _change.TrySetResult();
                _change = NewChange();
            }
        }
    }

    /// <summary>Waits for a change since the end of the wait before.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var change = Enter();
        try
        {
            if (await _look() || HasChanged())
            {
                return;
            }

            await change.WaitAsync(atMost, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _change.TrySetResult();
        }

        _watcher?.Dispose();
        _again.Dispose();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteJobStore));
            _waiters++;
            if (!TryWatch())
            {
                _again.Change(LongestStep, Timeout.InfiniteTimeSpan);
            }

            return _change.Task;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _waiters--;
            _told = _changes;
        }
    }

    private bool HasChanged()
    {
        lock (_gate)
        {
            return _changes != _told;
        }
    }

    private bool TryWatch()
    {
        try
        {
            _watcher ??= NewWatcher();
            _watcher.EnableRaisingEvents = true;
            return true;
        }
        catch (Exception refused) when (refused is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // No more watches on this machine: the looks by time do.
            _watcher?.Dispose();
            _watcher = null;
            return false;
        }
    }

    private FileSystemWatcher NewWatcher()
    {
        var watcher = new FileSystemWatcher(Path.GetDirectoryName(_log)!, Path.GetFileName(_log)) // The path is a file's, not a root.
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName,
        };
        watcher.Changed += (_, _) => Touched();
        watcher.Created += (_, _) => Touched();
        watcher.Error += (_, _) => Touched();
        return watcher;
    }

    private void Touched()
    {
        lock (_gate)
        {
            if (_waiters == 0)
            {
                RestIfUnheard();
                return;
            }

            _unheard = 0;
            _step = ShortestStep;
        }

        LookSoon();
    }

    /// <summary>Ends the reports until somebody waits again; not at the first, since to begin them anew costs more than a few of them.</summary>
    private void RestIfUnheard()
    {
        if (++_unheard >= UnheardReports && _watcher is not null && !_disposed)
        {
            _unheard = 0;
            _watcher.EnableRaisingEvents = false;
        }
    }

    private void LookSoon()
    {
        lock (_gate)
        {
            if (_looking || _disposed || _waiters == 0)
            {
                return;
            }

            _looking = true;
        }

        _ = LookAndPlanAsync();
    }

    private async Task LookAndPlanAsync()
    {
        var changed = true;
        try
        {
            changed = await _look();
        }
        catch (Exception)
        {
            // Whoever waits is woken and meets the same error in its own call, where it is reported.
        }

        if (changed)
        {
            Tell();
        }

        lock (_gate)
        {
            _looking = false;
            if (!_disposed && _waiters > 0 && (_watcher is null || _step <= LongestStep))
            {
                _again.Change(_watcher is null ? LongestStep : _step, Timeout.InfiniteTimeSpan);
                _step *= 2;
            }
        }
    }
}
