using DelphiRunner.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Plugins.Tests;

/// <summary>What a handler may use, with its queue in memory and its clock in the test's hand.</summary>
internal sealed class MemoryContext : JobContext
{
    public const string SettingsFolder = "/etc/delphi-runner";

    public override HandlerSettings Settings { get; } = new() { Json = "{}", Folder = SettingsFolder };

    public override string WorkFolder { get; } = Path.GetTempPath();

    public MemoryQueue Jobs { get; } = new();

    public override IJobQueue Queue => Jobs;

    public FakeTimeProvider Clock { get; } = new(Ends.Start);

    public override TimeProvider Time => Clock;

    public List<(JobLogLevel Level, string Message)> Lines { get; } = [];

    public override void Log(JobLogLevel level, string message) => Lines.Add((level, message));

    /// <summary>Makes a handler with settings, as the host does, on a host whose environment holds some variables.</summary>
    public static async Task<T> ConfigureAsync<T>(Func<Func<string, string?>, T> make, string settings = """{ "model": "claude-test" }""",
        params (string Name, string Value)[] hostVariables)
        where T : IJobHandler
    {
        var variables = hostVariables.ToDictionary(pair => pair.Name, pair => pair.Value);
        var handler = make(name => variables.GetValueOrDefault(name));
        await handler.ConfigureAsync(new HandlerSettings { Json = settings, Folder = SettingsFolder }, CancellationToken.None);
        return handler;
    }
}
