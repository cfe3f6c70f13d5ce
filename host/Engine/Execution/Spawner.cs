using System.Collections.Concurrent;

namespace DelphiRunner.Engine.Execution;

/// <summary>
/// The one thread on which every child is started. A child's parent-death signal follows the thread that forked it, and threads of the
/// pool retire while their children still run (bubblewrap#692), so this one lives as long as the host.
/// </summary>
internal sealed class Spawner : IDisposable
{
    private readonly BlockingCollection<Action> _starts = [];
    private readonly Lazy<Thread> _thread;
    private bool _isDisposed;

    public Spawner() => _thread = new Lazy<Thread>(Begin);

    /// <summary>Runs a start on the spawner's thread.</summary>
    /// <typeparam name="T">What the start gives.</typeparam>
    /// <returns>What the start gave, or its exception.</returns>
    /// <exception cref="ObjectDisposedException">The host is shutting down.</exception>
    public Task<T> StartAsync<T>(Func<T> start)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var started = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = _thread.Value;
        _starts.Add(() =>
        {
            try
            {
                started.SetResult(start());
            }
            catch (Exception e)
            {
                // The border of one job: the thread has to outlive a start that fails.
                started.SetException(e);
            }
        });
        return started.Task;
    }

    /// <summary>Runs what is queued, then ends the thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        _starts.CompleteAdding();
        if (_thread.IsValueCreated)
            _thread.Value.Join();
        _starts.Dispose();
    }

    private Thread Begin()
    {
        Signals.HandlePipe();
        var thread = new Thread(Run) { IsBackground = true, Name = "spawner" };
        thread.Start();
        return thread;
    }

    private void Run()
    {
        foreach (var start in _starts.GetConsumingEnumerable())
            start();
    }
}
