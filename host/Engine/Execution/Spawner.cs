using System.Collections.Concurrent;

namespace DelphiRunner.Engine.Execution;

/// <summary>
/// The few threads on which all children are started. A child's parent-death signal follows the thread that forked it, and threads of the
/// pool retire while their children still run (bubblewrap#692), so these live as long as the host.
/// </summary>
/// <remarks>More than one, since a start takes about a millisecond, most of it waiting for the child to become its program.</remarks>
internal sealed class Spawner : IDisposable
{
    private readonly BlockingCollection<Action> _starts = [];
    private readonly Lazy<Thread[]> _threads;
    private bool _isDisposed;

    public Spawner() => _threads = new Lazy<Thread[]>(Begin);

    /// <summary>How many starts can be under way at once.</summary>
    public static int Threads { get; } = Math.Clamp(Environment.ProcessorCount, 2, 4);

    /// <summary>Runs a start on one of the spawner's threads.</summary>
    /// <typeparam name="T">What the start gives.</typeparam>
    /// <returns>What the start gave, or its exception.</returns>
    /// <exception cref="ObjectDisposedException">The host is shutting down.</exception>
    public Task<T> StartAsync<T>(Func<T> start)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var started = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = _threads.Value;
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

    /// <summary>Runs what is queued, then ends the threads.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        _starts.CompleteAdding();
        if (_threads.IsValueCreated)
            Array.ForEach(_threads.Value, thread => thread.Join());

        _starts.Dispose();
    }

    private Thread[] Begin()
    {
        Signals.HandlePipe();
        var threads = Enumerable.Range(1, Threads).Select(number => new Thread(Run) { IsBackground = true, Name = $"spawner {number}" }).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        return threads;
    }

    private void Run()
    {
        foreach (var start in _starts.GetConsumingEnumerable())
            start();
    }
}
