namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>What is known about the end of an attempt's processes.</summary>
/// <param name="IsConfirmed">Whether nothing is left.</param>
/// <param name="Text">What was seen.</param>
/// <param name="IsAlive">Whether something of the attempt is there that could not be killed, or may be there and could not be looked at.</param>
internal readonly record struct ExitProof(bool IsConfirmed, string Text, bool IsAlive = false);

/// <summary>What holds all processes of one attempt together, so that they can be signalled, killed, and shown to be gone.</summary>
internal interface IContainment
{
    /// <summary>Remembers what only a running attempt shows of itself. Called from time to time.</summary>
    void Look();

    /// <summary>Asks the processes to end.</summary>
    Task SignalAsync(StopSignal signal);

    /// <summary>Kills every process.</summary>
    void Kill();

    /// <summary>Kills what the ended root process left behind, and looks whether anything is left.</summary>
    Task<ExitProof> ProveExitAsync();
}

/// <summary>Sends a signal to a process, or to a group when the id is negative, as <see cref="Signals.Send"/> does.</summary>
/// <returns>0, or the number of the error.</returns>
internal delegate int SignalSender(int id, int signal);
