using DelphiRunner.Runner.Cli;
using Serilog.Core;
using Serilog.Events;

namespace DelphiRunner.Runner;

/// <summary>
/// Makes the texts that a line of the host's log names fit for a terminal, and its exception, which may quote any of them: ids and types come from rows.
/// </summary>
internal sealed class PrintableProperties : ILogEventEnricher
{
    /// <summary>The property that takes the exception's text: lines that each end and are indented, so that none looks like one of the log's own.</summary>
    public const string Exception = "PrintableException";

    private const string Indent = "    ";

    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        foreach (var (name, value) in logEvent.Properties.ToList())
        {
            if (value is ScalarValue { Value: string text } && Printable.Line(text) is var line && line != text)
                logEvent.AddOrUpdateProperty(new LogEventProperty(name, new ScalarValue(line)));
        }

        if (logEvent.Exception is { } exception)
            logEvent.AddOrUpdateProperty(new LogEventProperty(Exception, new ScalarValue(Indented(exception.ToString()))));
    }

    // Whatever a terminal or a reader may take for the end of a line is one, and what follows is indented.
    private static string Indented(string text) => string.Concat(
        text.ReplaceLineEndings("\n").Split('\n').Select(line => $"{Indent}{Printable.Lines(line)}{Environment.NewLine}"));
}
