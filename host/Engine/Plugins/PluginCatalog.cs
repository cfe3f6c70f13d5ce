using DelphiRunner.Engine.Plugins.Generations;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Plugins;

/// <summary>The plugins of this host, and the handler of each job type. Nothing of it changes after it was loaded.</summary>
internal sealed partial class PluginCatalog
{
    private readonly IReadOnlyDictionary<string, JobHandler> _handlers;

    private PluginCatalog(IReadOnlyDictionary<string, JobHandler> handlers)
    {
        _handlers = handlers;
        JobTypes = handlers.Keys.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The plugins that run, by name.</summary>
    public required IReadOnlyList<LoadedPlugin> Plugins { get; init; }

    /// <summary>The plugins, and single handlers of plugins whose others run, that this host does not use, by name.</summary>
    public required IReadOnlyList<QuarantinedPlugin> Quarantined { get; init; }

    /// <summary>What an operator or a plugin's author should know although it keeps no plugin from running.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Why there is nothing at all to load, for a command that needs plugins; null when there is any plugin's folder.</summary>
    public required string? EmptyFolder { get; init; }

    /// <summary>The job types that <see cref="TryResolve"/> knows.</summary>
    public IReadOnlySet<string> JobTypes { get; }

    /// <summary>Finds the handler of a job type, compared exactly; null for a missing type and for one that is not served.</summary>
    public JobHandler? TryResolve(string? jobType) => jobType is null ? null : _handlers.GetValueOrDefault(jobType);

    /// <summary>Loads every plugin of the plugins folder. A plugin that cannot be used keeps no other from running.</summary>
    /// <param name="options">The section <c>plugins</c>.</param>
    /// <param name="settingsFolder">The absolute folder of <c>runner.yaml</c>, which paths in the settings are relative to.</param>
    /// <param name="generationsFolder">The absolute folder for the immutable copies that are loaded; created if need be.</param>
    /// <param name="loggers">Where it is told which plugins run.</param>
    /// <param name="time">The clock of the time limits.</param>
    /// <param name="stoppingToken">Ends the loading.</param>
    /// <exception cref="PluginException">
    /// The plugins folder cannot be used, or, with <c>on_error: stop</c>, something in it cannot; all of it is then named.
    /// </exception>
    public static async Task<PluginCatalog> LoadAsync(
        PluginOptions options,
        string settingsFolder,
        string generationsFolder,
        ILoggerFactory loggers,
        TimeProvider time,
        CancellationToken stoppingToken)
    {
        var dropped = DroppedPlugin.Find(options.Folder);
        var intake = new PluginIntake(options, settingsFolder, generationsFolder, time);
        foreach (var plugin in dropped)
            await intake.TakeAsync(plugin, stoppingToken).ConfigureAwait(false);

        var table = new JobTypeTable(intake.Started, options.Routes, intake.Quarantined);
        var handlers = table.Build();
        if (options.OnError == PluginErrorMode.Stop)
            ThrowIfAnythingFailed(intake.Quarantined, table.Problems);

        var catalog = new PluginCatalog(handlers)
        {
            Plugins = [.. intake.Started.Select(plugin => plugin.Describe(options.Routes))],
            Quarantined = intake.Quarantined,
            Problems =
            [
                .. intake.Started.SelectMany(plugin => plugin.Declarations.Problems),
                .. table.Problems,
                .. StrayFiles.Describe(options.Folder),
                .. UnknownSettings(options, dropped),
            ],
            EmptyFolder = dropped.Count > 0
                ? null
                : $"Plugins folder '{options.Folder}' holds no plugin. Build the plugins ('dotnet build') or point 'plugins.folder' elsewhere.",
        };
        catalog.LogAll(loggers.CreateLogger<PluginCatalog>());
        return catalog;
    }

    private static void ThrowIfAnythingFailed(IReadOnlyList<QuarantinedPlugin> quarantined, IReadOnlyList<string> unserved)
    {
        if (quarantined.Count + unserved.Count == 0)
            return;

        var lines = quarantined.Select(plugin => $"{plugin.Name}: {plugin.Reason}").Concat(unserved);
        throw new PluginException($"'plugins.on_error' is 'stop', and not everything can be used:\n  {string.Join("\n  ", lines)}")
        {
            Plugins = quarantined,
        };
    }

    private static IEnumerable<string> UnknownSettings(PluginOptions options, IReadOnlyList<DroppedPlugin> dropped) =>
        options.Settings.Keys.Except(dropped.Select(plugin => plugin.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name =>
            $"'plugins.settings.{name}' is for a plugin that does not exist. Plugins in '{options.Folder}': " +
            $"{string.Join(", ", dropped.Select(plugin => $"'{plugin.Name}'").DefaultIfEmpty("none"))}. Names are compared with their case.");

    private void LogAll(ILogger logger)
    {
        foreach (var plugin in Plugins)
        {
            var jobTypes = plugin.Handlers.SelectMany(handler => handler.JobTypes).Where(jobType => TryResolve(jobType)?.Plugin == plugin.Name);
            LogPluginLoaded(logger, plugin.Name, plugin.Version, plugin.Hash, string.Join(", ", jobTypes));
        }

        foreach (var plugin in Quarantined)
            LogPluginQuarantined(logger, plugin.Name, plugin.Reason);

        foreach (var problem in Problems)
            LogPluginProblemFound(logger, problem);
    }

    [LoggerMessage(
        EventName = "PluginLoaded", Level = LogLevel.Information, Message = "Loaded plugin {Plugin} {Version} {Hash}, which serves: {JobTypes}")]
    private static partial void LogPluginLoaded(ILogger logger, string plugin, string version, string hash, string jobTypes);

    [LoggerMessage(EventName = "PluginQuarantined", Level = LogLevel.Error, Message = "Plugin {Plugin} is quarantined: {Reason}")]
    private static partial void LogPluginQuarantined(ILogger logger, string plugin, string reason);

    [LoggerMessage(EventName = "PluginProblemFound", Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void LogPluginProblemFound(ILogger logger, string problem);
}
