using DelphiRunner.Runner.Cli;
using Serilog.Core;
using Serilog.Events;

namespace DelphiRunner.Runner;

/// <summary>Makes the texts that a line of the host's log names fit for a terminal: ids and types come from rows.</summary>
internal sealed class PrintableProperties : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        foreach (var (name, value) in logEvent.Properties.ToList())
        {
            if (value is ScalarValue { Value: string text } && Printable.Line(text) is var line && line != text)
                logEvent.AddOrUpdateProperty(new LogEventProperty(name, new ScalarValue(line)));
        }
    }
}
