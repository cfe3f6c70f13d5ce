using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Serilog.Core;
using Serilog.Events;

namespace DelphiRunner.Runner.Tests;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FileFailuresTests : ILogEventSink
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _said = [];

    public void Emit(LogEvent logEvent) => _said.Add(logEvent.RenderMessage(CultureInfo.InvariantCulture));

    [Test]
    public void A_failure_is_told_at_once_and_while_it_goes_on_once_an_hour()
    {
        var failures = new FileFailures(this, "/log/host.json", _time);
        var lost = new LogEvent(_time.GetUtcNow(), LogEventLevel.Information, null, MessageTemplate.Empty, []);

        for (var number = 0; number < 120; number++)
        {
            failures.OnLoggingFailed(this, LoggingFailureKind.Permanent, "not written", [lost], new IOException("disk full"));
            _time.Advance(FileFailures.Pause / 60);
        }

        failures.OnLoggingFailed(this, LoggingFailureKind.Temporary, "not removed", null, null);
        Assert.That(_said, Is.EqualTo([
            "The log's file \"/log/host.json\" fails: \"not written: disk full\". Lines that could not be written to it so far: 1",
            "The log's file \"/log/host.json\" fails: \"not written: disk full\". Lines that could not be written to it so far: 61",
            "The log's file \"/log/host.json\" fails: \"not removed\". Lines that could not be written to it so far: 120",
        ]));
    }
}
