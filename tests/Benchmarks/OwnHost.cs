using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Benchmarks;

/// <summary>This project's host inside the benchmark's process, as a peer's library runs there: all its stages, without the program around them.</summary>
internal static class OwnHost
{
    /// <summary>Loads the plugins; then measured: runs a host until the queue is drained.</summary>
    public static async Task<Spent> DrainAsync(Workspace workspace, int slots, CancellationToken stoppingToken, SandboxMode sandbox = SandboxMode.Auto)
    {
        var plugins = await LoadPluginsAsync(workspace, stoppingToken);
        return await Spent.ByAsync(() => RunAsync(workspace, plugins, slots, once: true, sandbox, stoppingToken));
    }

    /// <summary>Runs a host until it is stopped.</summary>
    public static async Task RunAsync(Workspace workspace, int slots, CancellationToken stoppingToken) =>
        await RunAsync(workspace, await LoadPluginsAsync(workspace, stoppingToken), slots, once: false, SandboxMode.Auto, stoppingToken);

    private static async Task RunAsync(Workspace workspace, PluginCatalog plugins, int slots, bool once, SandboxMode sandbox, CancellationToken stoppingToken)
    {
        // As a service's standard output goes to a file or a journal.
        await using var lines = File.Create(workspace.Lines);
        var options = new EngineOptions { State = workspace.State, QueueFile = workspace.Database, Serving = new ServingOptions { Slots = slots }, Execution = new ExecutionOptions { Sandbox = sandbox } };
        var host = new JobHost(workspace.Store, plugins, options, lines, TimeProvider.System, NullLoggerFactory.Instance);
        await host.RunAsync(once, stoppingToken);
    }

    private static async Task<PluginCatalog> LoadPluginsAsync(Workspace workspace, CancellationToken stoppingToken)
    {
        var plugins = await PluginCatalog.LoadAsync(
            new PluginOptions { Folder = Artifacts.Plugins },
            workspace.State,
            Path.Combine(workspace.State, "plugins"),
            NullLoggerFactory.Instance,
            TimeProvider.System,
            stoppingToken);
        return plugins.Quarantined is [var broken, ..]
            ? throw new MeasureException($"Plugin '{broken.Name}' cannot be used: {broken.Reason}")
            : plugins;
    }
}
