using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Runner.Cli;
using DelphiRunner.Runner.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner;

/// <summary>The host process: takes the state folder, loads the plugins, opens the store, and only then polls.</summary>
internal static partial class RunnerHost
{
    /// <summary>What a stop may take beyond the longest grace: the kill, its proof and the last write.</summary>
    private static readonly TimeSpan StopReserve = TimeSpan.FromSeconds(45);

    /// <summary>Runs until stopped, or with <paramref name="once"/> until nothing is due.</summary>
    /// <returns>An exit code of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(RunnerConfiguration configuration, bool once, CancellationToken stoppingToken)
    {
        HashedPrograms.Require(configuration);
        var openness = FileMask.Narrow();
        using var state = StateFolder.Take(configuration.State);
        await using var log = HostLog.Open(configuration.Logging, JobLines.StopGrace);
        using var loggers = new Serilog.Extensions.Logging.SerilogLoggerFactory(log.Logger);
        foreach (var notice in configuration.Notices.Concat(HostProtection.Seal()).Concat(openness).Concat(state.Notices))
        {
            LogNotice(loggers.CreateLogger(nameof(RunnerHost)), notice);
        }

        var plugins = await PluginCatalog.LoadAsync(
            configuration.Plugins, configuration.Folder, configuration.PluginGenerations, loggers, TimeProvider.System, stoppingToken);
        RequireHandlers(plugins);
        await using var store = await StoreFactory.OpenAsync(configuration, stoppingToken);
        await using var output = StandardOutput.Open();
        var jobs = new JobHost(store, plugins, OptionsOf(configuration), output, TimeProvider.System, loggers);

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "delphi-runner" });
        builder.Services.AddSystemd();
        builder.Services.AddWindowsService(options => options.ServiceName = "DelphiRunner");
        builder.Services.AddSingleton<ILoggerFactory>(loggers);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = LongestGrace(configuration) + StopReserve);
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        var end = new TaskCompletionSource<bool>();
        builder.Services.AddHostedService(services => new Polling(jobs, once, end, services.GetRequiredService<IHostApplicationLifetime>()));
        using var host = builder.Build();
        await host.RunAsync(stoppingToken);
        // The program reports what ended the polling against its will as it does every failure.
        var wasStopped = await end.Task;
        if (once && !wasStopped)
        {
            log.Grace = Timeout.InfiniteTimeSpan; // As programs behind a pipe wait.
        }

        return ExitCodes.Ok;
    }

    /// <summary>A host that could not run a single job is a mistake of its configuration, not an idle host.</summary>
    /// <exception cref="PluginException">No job type can be served; all reasons are named.</exception>
    public static void RequireHandlers(PluginCatalog plugins)
    {
        if (plugins.JobTypes.Count > 0)
        {
            return;
        }

        var reasons = plugins.Quarantined.Select(plugin => $"{plugin.Name}: {plugin.Reason}").Concat(plugins.Problems);
        throw new PluginException(
            plugins.EmptyFolder ?? $"No plugin can serve any job type:{Environment.NewLine}  {string.Join($"{Environment.NewLine}  ", reasons)}")
        {
            Plugins = plugins.Quarantined,
        };
    }

    public static EngineOptions OptionsOf(RunnerConfiguration configuration) => new()
    {
        State = configuration.State,
        QueueFile = configuration.Store.Kind == StoreKind.Sqlite ? configuration.Store.Path : null,
        Serving = configuration.Serving,
        Instance = configuration.Instance,
        Polling = configuration.Polling,
        Claims = configuration.Claims,
        Execution = configuration.Execution,
        Retention = configuration.Retention,
        Security = configuration.Security,
        JobTypes = configuration.JobTypes,
    };

    private static TimeSpan LongestGrace(RunnerConfiguration configuration) =>
        configuration.JobTypes.Values.Select(options => options.Stop.Grace).DefaultIfEmpty(new JobTypeOptions().Stop.Grace).Max();

    [LoggerMessage(EventName = "StartNoticed", Level = LogLevel.Warning, Message = "{Notice}")]
    private static partial void LogNotice(Microsoft.Extensions.Logging.ILogger logger, string notice);

    /// <summary>Polls as a hosted service, so that systemd, Windows and a console stop it alike.</summary>
    private sealed class Polling(JobHost jobs, bool once, TaskCompletionSource<bool> wasStopped, IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            try
            {
                await jobs.RunAsync(once, stoppingToken);
                wasStopped.TrySetResult(stoppingToken.IsCancellationRequested);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // A stop before the first poll.
                wasStopped.TrySetResult(true);
            }
            catch (Exception exception)
            {
                wasStopped.TrySetException(exception);
            }

            lifetime.StopApplication();
        }
    }
}
