using System.ComponentModel;
using System.Diagnostics;
using CliWrap;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Execution;

/// <summary>What is attached to a child at its start.</summary>
/// <param name="Containment">Holds its processes.</param>
/// <param name="Group">Its cgroup, or null.</param>
/// <param name="StartTime">When its root began, or null.</param>
/// <param name="Fault">Why it could not be looked at, in which case it was killed; otherwise null.</param>
internal readonly record struct Attachment(IContainment Containment, ControlGroup? Group, ulong? StartTime, Exception? Fault);

/// <summary>A child from its start until its pipes are closed.</summary>
internal sealed class RunningChild : IDisposable
{
    // How long the pipes may stay open behind the root's exit: a grandchild that holds them would hold the slot for ever.
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _drain;
    private readonly TimeProvider _time;
    private int _isDraining;

    private RunningChild(TimeProvider time)
    {
        _time = time;
        _drain = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    public int Id { get; private set; }

    /// <summary>When the root process began; null when it ended before that could be read, or the system does not tell.</summary>
    public ulong? StartTime { get; private set; }

    /// <summary>Why the host could not look at it when it was started, and killed it; null when it could.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Completes when the root process has ended.</summary>
    public Task Exited => _exited.Task;

    /// <summary>Completes when the root process has ended and its pipes are closed, or were open for too long.</summary>
    public Task<CommandResult> Completed { get; private set; } = null!; // Set by the start, without which there is no instance.

    public IContainment Containment { get; private set; } = null!; // As above.

    public AttemptMeter Meter { get; private set; } = null!; // As above.

    /// <summary>Starts a child on the current thread.</summary>
    /// <param name="command">Makes the command, given the token that ends the reading of its output.</param>
    /// <param name="configure">Fills in what the command does not say.</param>
    /// <param name="attach">Gives what holds and measures the child's processes.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="Win32Exception">The program could not be started.</exception>
    public static RunningChild Start(
        Func<CancellationToken, Command> command, Action<ProcessStartInfo> configure, Func<Process, Attachment> attach, TimeProvider time)
    {
        var child = new RunningChild(time);
        try
        {
            // CliWrap starts the process before it returns, thus on this thread.
            child.Completed = command(child._drain.Token).ExecuteAsync(configure, process => child.Attach(process, attach));
            return child;
        }
        catch
        {
            child.Dispose();
            throw;
        }
    }

    /// <summary>Gives up a child that SIGKILL did not end.</summary>
    public void Abandon()
    {
        if (Interlocked.Exchange(ref _isDraining, 1) == 0)
            _drain.Cancel();
        // Whatever still becomes of it, nobody is there to hear.
        _ = Completed.ContinueWith(
            static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    public void Dispose()
    {
        _drain.Dispose();
        // Not there when the start failed.
        ((AttemptMeter?)Meter)?.Dispose();
    }

    private void Attach(Process process, Func<Process, Attachment> attach)
    {
        Id = process.Id;
        (Containment, var group, StartTime, Fault) = attach(process);
        Meter = new AttemptMeter(Id, group, _time) { OnLook = Containment.Look };
        process.Exited += (_, _) => Drain();
        // The event of a process that had ended before is not raised again.
        if (process.HasExited)
            Drain();
    }

    private void Drain()
    {
        if (Interlocked.Exchange(ref _isDraining, 1) == 0)
            _drain.CancelAfter(DrainLimit);
        // Also of one that was given up.
        _exited.TrySetResult();
    }
}
