using System.ComponentModel;
using System.Diagnostics;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>An attempt on a system without process groups of our own (Windows, macOS): the root, and what can be found of its
/// descendants.</summary>
/// <param name="root">The root process. It may be disposed while this is in use.</param>
internal sealed class ProcessTreeContainment(Process root) : IContainment
{
    private readonly int _id = root.Id;

    public void Look()
    {
        // What it started is looked for when it is killed.
    }

    /// <summary>Asks the root alone; Windows knows no such signal, so that there nothing happens before the kill.</summary>
    public Task SignalAsync(StopSignal signal)
    {
        if (!OperatingSystem.IsWindows() && IsRunning())
            _ = Signals.Send(_id, Signals.Number(signal));
        return Task.CompletedTask;
    }

    public void Kill()
    {
        try
        {
            if (IsRunning())
                root.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended meanwhile, or a descendant refuses; the proof says what is known.
        }
    }

    public Task<ExitProof> ProveExitAsync() =>
        Task.FromResult(new ExitProof(false, "root process ended; on this system its descendants cannot be seen (Process.Kill of the entire tree)"));

    private bool IsRunning()
    {
        try
        {
            return !root.HasExited;
        }
        catch (InvalidOperationException)
        {
            // Disposed, which CliWrap does after the exit.
            return false;
        }
    }
}
