using System.Collections;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Security.Variables;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>Puts the stages together and runs them: poller, heartbeat and executor over one store and one set of plugins.</summary>
/// <param name="store">The queue; not disposed.</param>
/// <param name="plugins">The loaded plugins.</param>
/// <param name="options">The configuration.</param>
/// <param name="jobLines">Where the lines of the jobs' logs go, whole lines of UTF-8 at a time; not disposed.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Makes the loggers.</param>
internal sealed partial class JobHost(
    IJobStore store, PluginCatalog plugins, EngineOptions options, Stream jobLines, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<JobHost>();

    /// <summary>The jobs that this host takes.</summary>
    public ServedJobs Served { get; } = ServedBy(plugins, options);

    /// <summary>Finds out what would be run for a row, under which policy, running and storing nothing.</summary>
    public async Task<PlannedJob> PlanAsync(JobRow row, CancellationToken cancellationToken)
    {
        using var spawner = new Spawner(options.Execution.Nice);
        using var ladder = await ProbeAsync(spawner);
        // Nothing is left in the state folder, which another host may hold.
        using var folders = new StateFolders(options.State, loggers);
        return await new JobPlanner(plugins, CommandsFor(ExecutorOptionsFor("plan", folders), spawner, ladder), store, time).PlanAsync(row, cancellationToken);
    }

    /// <summary>Runs until stopped, or until nothing is due; returns when every job that it claimed has its last write.</summary>
    public async Task RunAsync(bool once, CancellationToken stoppingToken)
    {
        var workerId = Guid.NewGuid().ToString();
        using var spawner = new Spawner(options.Execution.Nice);
        using var ladder = await ProbeAsync(spawner);
        var refusals = new RefusalCounts(plugins.JobTypes, loggers.CreateLogger<RefusalCounts>());
        var served = new ConfinedJobTypes(PolicyFor(ladder), options.JobTypes, refusals, loggers.CreateLogger<ConfinedJobTypes>()).Narrow(Served, ladder);
        LogStarting(workerId, store.Name, string.Join(", ", served.JobTypes.Order(StringComparer.Ordinal)), options.Serving.Slots);
        if (options.Instance.Size is { } size)
        {
            var takes = options.Instance.TakesAll ? "all jobs" : options.Instance.Takes(JobSize.Large) ? "only large jobs" : "no large jobs";
            LogInitialized(workerId, size, takes);
        }

        if (options.Serving.UnknownJobTypes == UnknownJobTypes.Fail && !served.FailUnknown)
        {
            LogFailUnknownSuspended();
        }

        await store.ProbeAsync(stoppingToken);
        // Commands get their work folder by its real path: a link to the state folder may lie where a sandbox shows something else.
        var state = ProgramPath.TryResolve(options.State) ?? options.State;
        using var folders = new StateFolders(state, loggers)
        {
            Failed = new FailedFolders(state, options.Retention.FailedWorkFolders, options.Claims.MinFreeDisk, time, loggers.CreateLogger<FailedFolders>()),
        };
        folders.Failed.Start();
        if (options.JobTypes.Values.Any(jobType => jobType.Secrets.Any(secret => secret.AsFile)))
        {
            folders.Secrets.Open();
            LogSecretFolder(folders.Secrets.Path, folders.Secrets.IsInMemory ? "memory" : "on disk");
        }

        await using var lines = new JobLines(jobLines, time, loggers.CreateLogger<JobLines>());
        using var heartbeat = new Heartbeat(store, options.Claims.Length, time, loggers.CreateLogger<Heartbeat>());
        heartbeat.Start();
        var poller = new JobPoller(store, served, PollerOptionsFor(workerId, once), heartbeat, lines, time, loggers.CreateLogger<JobPoller>());
        await poller.RunAsync(ExecutorFor(ExecutorOptionsFor(workerId, folders), refusals, spawner, ladder).ExecuteAsync, stoppingToken);
        refusals.Report();
        LogStopped();
        await lines.CompleteAsync(stoppingToken);
    }

    /// <summary>What marks lines. One that is known to be harmless is so whatever else it holds; what a row was refused stays in its log.</summary>
    public static LineMarks MarksOf(ExecutionOptions execution) => new(
        execution.KeepLines,
        (JobLog.Information, execution.Levels.Information),
        (JobLog.Error, execution.Levels.Error),
        (JobLog.Warning, execution.Levels.Warning))
    {
        KeptBeginnings = [RowVariables.LineBeginning],
    };

    private static ServedJobs ServedBy(PluginCatalog plugins, EngineOptions options)
    {
        var jobTypes = options.Serving.Serve is { } serve ? plugins.JobTypes.Intersect(serve).ToHashSet() : plugins.JobTypes;
        return new ServedJobs
        {
            JobTypes = jobTypes,
            KnownJobTypes = options.Serving.KnownJobTypes,
            FailUnknown = options.Serving.UnknownJobTypes == UnknownJobTypes.Fail && plugins.Quarantined.Count == 0,
            SlotLimits = options.JobTypes.Where(pair => pair.Value.Slots is not null).ToDictionary(pair => pair.Key, pair => pair.Value.Slots!.Value),
            ExclusiveBy = options.JobTypes.Where(pair => pair.Value.ExclusiveBy is not null).ToDictionary(pair => pair.Key, pair => pair.Value.ExclusiveBy!),
            Instance = options.Instance,
            SizerOf = jobType => plugins.TryResolve(jobType)?.Instance as IJobSizer,
        };
    }

    private PollerOptions PollerOptionsFor(string workerId, bool once) => new()
    {
        WorkerId = workerId,
        Slots = options.Serving.Slots,
        Interval = options.Polling.Interval,
        Once = once,
        State = options.State,
        MinFreeDisk = options.Claims.MinFreeDisk,
        Marks = MarksOf(options.Execution),
    };

    private ExecutorOptions ExecutorOptionsFor(string workerId, StateFolders folders) => new()
    {
        WorkerId = workerId,
        Folders = folders,
        MaxAttempts = options.Claims.MaxAttempts,
        TimeLimit = options.Execution.TimeLimit,
        JobTypes = options.JobTypes,
    };

    private JobExecutor ExecutorFor(ExecutorOptions executorOptions, RefusalCounts refusals, Spawner spawner, ContainmentLadder ladder) =>
        new(
            plugins.TryResolve,
            CommandsFor(executorOptions, spawner, ladder),
            new HandlerQueue(store, "delphi-runner", time),
            new JobRecorder(store, refusals, executorOptions, time, loggers.CreateLogger<JobRecorder>()),
            refusals,
            executorOptions,
            time,
            loggers.CreateLogger<JobExecutor>());

    private ConfinementPolicy PolicyFor(ContainmentLadder ladder) =>
        new(ladder, options.Execution.Sandbox, [.. options.JobTypes.Values.Where(jobType => jobType.Confinement.Sandbox == SandboxProfile.Strict).SelectMany(jobType => jobType.Confinement.Strict.Writable)]);

    private JobCommands CommandsFor(ExecutorOptions executorOptions, Spawner spawner, ContainmentLadder ladder)
    {
        var environment = HostEnvironment();
        var host = HostFiles.Of(options.State, options.QueueFile, options.Security.SecretFiles.Values) with { SecretFolder = executorOptions.Folders.Secrets.OpenPath is { } secrets ? ProgramPath.InRealFolder(secrets) : null };
        return new JobCommands(
            new CommandPolicy(options.Security, options.State, environment),
            PolicyFor(ladder),
            new ProcessRunner(options.Execution, ladder, host, spawner, time),
            executorOptions,
            new HostSecrets(options.Security.SecretFiles, environment));
    }

    private Task<ContainmentLadder> ProbeAsync(Spawner spawner)
    {
        var searchPath = HostEnvironment().GetValueOrDefault("PATH");
        return new ContainmentProbe(PrefixPrograms.Find(searchPath), searchPath, spawner) { Folder = options.State }.RunAsync(options.Execution.Sandbox);
    }

    private static Dictionary<string, string> HostEnvironment() =>
        System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    [LoggerMessage(EventName = "HostStarted", Level = LogLevel.Information, Message = "Worker {WorkerId} polls {Store} for {JobTypes} with {Slots} slot(s)")]
    private partial void LogStarting(string workerId, string store, string jobTypes, int slots);

    [LoggerMessage(EventName = "InstanceSizeApplied", Level = LogLevel.Information, Message = "Worker {WorkerId} initialized for instance type: {InstanceSize}, which takes {Sizes}")]
    private partial void LogInitialized(string workerId, string instanceSize, string sizes);

    [LoggerMessage(EventName = "SecretFolderOpened", Level = LogLevel.Information, Message = "Secrets that commands get as files are in '{Folder}' ({Place}) while they run")]
    private partial void LogSecretFolder(string folder, string place);

    [LoggerMessage(EventName = "FailUnknownSuspended", Level = LogLevel.Warning, Message = "A plugin is quarantined: jobs of unknown types are left as they are until it is mended, since they could be its own")]
    private partial void LogFailUnknownSuspended();

    [LoggerMessage(EventName = "HostStopped", Level = LogLevel.Information, Message = "All workers have stopped. Exiting.")]
    private partial void LogStopped();
}
