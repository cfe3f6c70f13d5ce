using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace DelphiRunner.Runner;

/// <summary>Says in a log how many of its lines its buffer had no room for.</summary>
/// <param name="inner">Takes the lines, and what is said of those that are missing.</param>
/// <param name="drops">How many are missing.</param>
internal sealed class DropNotices(ILogEventSink inner, DropCount drops) : ILogEventSink, IDisposable
{
    private static readonly MessageTemplate Notice =
        new MessageTemplateParser().Parse("{Lines} lines of this log were not written, since nobody read fast enough");

    private DateTimeOffset _last;
    private long _told;

    public void Emit(LogEvent logEvent)
    {
        inner.Emit(logEvent);
        _last = logEvent.Timestamp;
        if (!drops.IsBehind)
        {
            TellDropped();
        }
    }

    public void Dispose()
    {
        TellDropped();
        (inner as IDisposable)?.Dispose();
    }

    private void TellDropped()
    {
        if (drops.Total is var dropped && dropped > _told)
        {
            inner.Emit(new LogEvent(_last, LogEventLevel.Warning, exception: null, Notice, [new LogEventProperty("Lines", new ScalarValue(dropped - _told))]));
            _told = dropped;
        }
    }
}
