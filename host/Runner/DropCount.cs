using Serilog.Sinks.Async;

namespace DelphiRunner.Runner;

/// <summary>Counts the lines of a log for which its buffer had no room.</summary>
internal sealed class DropCount : IAsyncLogEventSinkMonitor
{
    private IAsyncLogEventSinkInspector? _buffer;

    /// <summary>Whether lines wait that came before the last that are missing.</summary>
    public bool IsBehind => _buffer?.Count > 0;

    public long Total => _buffer?.DroppedMessagesCount ?? 0;

    public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => _buffer = inspector;

    public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
        // The last of them is still to be told.
    }
}
