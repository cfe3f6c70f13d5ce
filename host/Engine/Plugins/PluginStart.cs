using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins.Generations;
using DelphiRunner.Engine.Plugins.Preflight;

namespace DelphiRunner.Engine.Plugins;

/// <summary>Loads a plugin, constructs exactly the handlers that it declares, and gives them their settings, all within a time limit.</summary>
internal sealed class PluginStart(PluginGeneration generation, PluginDeclarations declarations, HandlerSettings settings)
{
    /// <summary>How long loading, constructors and <c>ConfigureAsync</c> of one plugin may take together.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private volatile string _step = "being loaded";

    /// <exception cref="PluginException">No handler could be constructed, one refused its settings, or the time was over.</exception>
    public async Task<StartedPlugin> RunAsync(TimeProvider time, CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var startToken = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, limit.Token);
        var start = Task.Run(() => StartAsync(startToken.Token), CancellationToken.None);
        try
        {
            return await start.WaitAsync(startToken.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !stoppingToken.IsCancellationRequested)
        {
            // A plugin that does not listen goes on in its thread; how it ends interests nobody any more.
            _ = start.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw new PluginException(
                $"Plugin '{generation.Name}' did not start within {Limit.TotalSeconds:0} seconds; the time was over while it was {_step}. " +
                "Move slow work from constructors and ConfigureAsync to the first job.");
        }
    }

    private async Task<StartedPlugin> StartAsync(CancellationToken startToken)
    {
        var named = NamedByPlugin.In(generation.Name, settings.Json, settings.Folder);
        var assembly = PluginAssembly.Load(generation);
        var handlers = new List<StartedHandler>();
        var broken = new List<QuarantinedPlugin>();
        foreach (var declared in declarations.Handlers)
        {
            _step = $"constructing '{declared.TypeName}'";
            try
            {
                var instance = assembly.Construct(declared.TypeName);
                handlers.Add(new StartedHandler(declared, instance, named.With(declared)));
            }
            catch (PluginException exception)
            {
                var jobTypes = declared.JobTypes.Select(type => type.Name);
                broken.Add(new QuarantinedPlugin { Name = generation.Name, Reason = exception.Message, JobTypes = [.. jobTypes] });
            }
        }

        if (handlers.Count == 0)
            throw new PluginException(string.Join(" ", broken.Select(handler => handler.Reason)));

        foreach (var handler in handlers)
            await ConfigureAsync(handler, startToken).ConfigureAwait(false);

        return new StartedPlugin
        {
            Generation = generation,
            Declarations = declarations,
            Settings = settings,
            Handlers = handlers,
            Broken = broken,
        };
    }

    private async Task ConfigureAsync(StartedHandler handler, CancellationToken startToken)
    {
        _step = $"in '{handler.Declaration.TypeName}.ConfigureAsync'";
        try
        {
            await handler.Instance.ConfigureAsync(settings, startToken).ConfigureAwait(false);
        }
        catch (InvalidSettingsException exception)
        {
            throw new PluginException(
                $"Handler '{handler.Declaration.TypeName}' refuses its settings: {exception.Message} Correct 'plugins.settings.{generation.Name}'.",
                exception);
        }
        catch (Exception exception) when (!startToken.IsCancellationRequested)
        {
            throw new PluginException(
                $"Handler '{handler.Declaration.TypeName}' failed in ConfigureAsync. {exception.GetType().Name}: {exception.Message}", exception);
        }
    }
}
