using System.Diagnostics.CodeAnalysis;

namespace DelphiRunner.Engine.Execution;

/// <summary>
/// The few threads on which all children are started. A child's parent-death signal follows the thread that forked it, and threads of the
/// pool retire while their children still run (bubblewrap#692), so these live as long as the host.
/// </summary>
/// <param name="nice">How much lower than the host's the priority of children is, from 0 to 19.</param>
/// <remarks>More than one, since a start takes about a millisecond, most of it waiting for the child to become its program.</remarks>
internal sealed class Spawner(int nice) : IDisposable
{
    // Waited on as a monitor: a BlockingCollection spins before it waits, which took 5 % of a busy host's processor time from the children.
    private readonly Queue<Action> _starts = new();
    private readonly Lock _gate = new();
    private Thread[]? _threads;
    private bool _isDisposed;

    public Spawner()
        : this(0)
    {
    }

    /// <summary>How many starts can be under way at once.</summary>
    public static int Threads { get; } = Math.Clamp(Environment.ProcessorCount, 2, 4);

    /// <summary>Runs a start on one of the spawner's threads.</summary>
    /// <typeparam name="T">What the start gives.</typeparam>
    /// <returns>What the start gave, or its exception.</returns>
    /// <exception cref="ObjectDisposedException">The host is shutting down.</exception>
    public Task<T> StartAsync<T>(Func<T> start)
    {
        var started = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        BeginOnce();
        lock (_starts)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _starts.Enqueue(() => Run(start, started));
            Monitor.Pulse(_starts);
        }

        return started.Task;
    }

    /// <summary>Runs what is queued, then ends the threads.</summary>
    public void Dispose()
    {
        lock (_starts)
        {
            _isDisposed = true;
            Monitor.PulseAll(_starts);
        }

        Array.ForEach(_threads ?? [], thread => thread.Join());
    }

    private static void Run<T>(Func<T> start, TaskCompletionSource<T> started)
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
    }

    private void BeginOnce()
    {
        lock (_gate)
        {
            if (_threads is not null)
                return;
            Signals.HandlePipe();
            Inheritance.ForbidCoreDumps();
            _threads = [.. Enumerable.Range(1, Threads).Select(number => new Thread(Run) { IsBackground = true, Name = $"spawner {number}" })];
            Array.ForEach(_threads, thread => thread.Start());
        }
    }

    private void Run()
    {
        Inheritance.LowerPriority(nice);
        FileMask.GiveBackToThread();
        while (TryTake(out var start))
            start();
    }

    /// <summary>Waits for a start; false when there is none left and none will come.</summary>
    private bool TryTake([NotNullWhen(true)] out Action? start)
    {
        lock (_starts)
        {
            while (!_starts.TryDequeue(out start))
            {
                if (_isDisposed)
                    return false;
                Monitor.Wait(_starts);
            }

            return true;
        }
    }
}
