namespace DelphiRunner.Engine.Execution;

/// <summary>What is known about the end of an attempt's processes.</summary>
/// <param name="IsConfirmed">Whether nothing is left.</param>
/// <param name="Text">What was seen.</param>
internal readonly record struct ExitProof(bool IsConfirmed, string Text);

/// <summary>What holds all processes of one attempt together, so that they can be signalled, killed, and shown to be gone.</summary>
internal interface IContainment
{
    /// <summary>Asks the processes to end.</summary>
    void Signal(StopSignal signal);

    /// <summary>Kills every process.</summary>
    void Kill();

    /// <summary>Kills what the ended root process left behind, and looks whether anything is left.</summary>
    Task<ExitProof> ProveExitAsync();
}
