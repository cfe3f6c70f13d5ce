using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace DelphiRunner.Runner;

/// <summary>Says on standard error that the file of the host's log fails, as on a full disk: at once, and while it goes on once an hour. Thread-safe.</summary>
/// <param name="standardError">Takes what is said; must not block, nor write to the file.</param>
/// <param name="file">The file's name, as configured.</param>
/// <param name="time">The clock.</param>
internal sealed class FileFailures(ILogEventSink standardError, string file, TimeProvider time) : ILoggingFailureListener
{
    public static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    private static readonly MessageTemplate Notice =
        new MessageTemplateParser().Parse("The log's file {File} fails: {Problem}. Lines that could not be written to it so far: {Lines}");

    private readonly Lock _lock = new();
    private DateTimeOffset _next;
    private long _lines;

    public void OnLoggingFailed(object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<LogEvent>? events, Exception? exception)
    {
        var now = time.GetLocalNow();
        long lines;
        lock (_lock)
        {
            lines = _lines += events?.Count ?? 0;
            if (now < _next)
            {
                return;
            }

            _next = now + Pause;
        }

        standardError.Emit(new LogEvent(now, LogEventLevel.Error, exception: null, Notice,
        [
            new LogEventProperty("File", new ScalarValue(file)),
            new LogEventProperty("Problem", new ScalarValue(exception is null ? message : $"{message}: {exception.Message}")),
            new LogEventProperty("Lines", new ScalarValue(lines)),
        ]));
    }
}
