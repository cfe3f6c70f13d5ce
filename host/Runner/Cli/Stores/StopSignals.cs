using System.Runtime.InteropServices;

namespace DelphiRunner.Runner.Cli.Stores;

/// <summary>Turns the first SIGINT or SIGTERM into a cancellation, so that a command ends where it can be gone on with.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stopping;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public StopSignals(CancellationToken cancellationToken)
    {
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    }

    public CancellationToken Token => _stopping.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stopping.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        // A second one ends the program at once.
        context.Cancel = !_stopping.IsCancellationRequested;
        _stopping.Cancel();
    }
}
