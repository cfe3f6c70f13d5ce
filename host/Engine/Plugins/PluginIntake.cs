using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins.Generations;
using DelphiRunner.Engine.Plugins.Preflight;

namespace DelphiRunner.Engine.Plugins;

/// <summary>Takes dropped plugins through all steps until they run, and keeps those that do not get there, with the reason.</summary>
internal sealed class PluginIntake(PluginOptions options, string settingsFolder, string generationsFolder, TimeProvider time)
{
    private readonly List<StartedPlugin> _started = [];
    private readonly List<QuarantinedPlugin> _quarantined = [];

    public IReadOnlyList<StartedPlugin> Started => _started;

    public IReadOnlyList<QuarantinedPlugin> Quarantined => _quarantined;

    /// <summary>Takes one plugin; whatever goes wrong with it ends in <see cref="Quarantined"/>.</summary>
    public async Task TakeAsync(DroppedPlugin plugin, CancellationToken stoppingToken)
    {
        IReadOnlyList<string> jobTypes = [];
        try
        {
            plugin.Check();
            var generation = await PluginGeneration.TakeAsync(plugin, generationsFolder, time, stoppingToken).ConfigureAwait(false);
            var declarations = PluginPreflight.Read(generation);
            jobTypes = [.. declarations.Handlers.SelectMany(handler => handler.JobTypes).Select(type => type.Name)];
            var settings = new HandlerSettings { Json = options.Settings.GetValueOrDefault(plugin.Name, "{}"), Folder = settingsFolder };
            var start = new PluginStart(generation, declarations, settings);
            var started = await start.RunAsync(time, stoppingToken).ConfigureAwait(false);
            _started.Add(started);
            _quarantined.AddRange(started.Broken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            var reason = exception is PluginException
                ? exception.Message
                : $"Plugin '{plugin.Name}' could not be loaded. {exception.GetType().Name}: {exception.Message}";
            _quarantined.Add(new QuarantinedPlugin { Name = plugin.Name, Reason = reason, JobTypes = jobTypes });
        }
    }
}
