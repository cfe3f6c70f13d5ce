using System.Text.Json.Nodes;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.Engine.Tests.Execution.Containment;
using DelphiRunner.Engine.Tests.Stores.DynamoDb;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Tests;

/// <summary>One job on an executor: its handler is the test's own, its row in a file, its command a real child in a session of its own.</summary>
internal sealed class ExecutorOnFile : IAsyncDisposable
{
    private const string JobId = "job";

    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-executor-").FullName;
    private readonly Spawner _spawner = new();
    private readonly string _claimId = $"{Guid.NewGuid():N}";

    // Without cgroups, so that what ends a process is what a test lets through.
    private readonly ContainmentLadder _ladder = new() { Programs = Rungs.Machine.Programs, Best = Rung.Session, NoNamespace = "not wanted", Orphans = Rungs.Machine.Orphans };
    private readonly SqliteJobStore _store;
    private RunningJob? _running;
    private StateFolders? _folders;

    public ExecutorOnFile() => _store = new SqliteJobStore(Path.Combine(_folder, "queue.db"), TimeProvider.System);

    /// <summary>What the job's command does, in the language of <c>sh</c>.</summary>
    public string Script { get; set; } = "exit 0";

    public bool RunsAtMostOnce { get; set; }

    /// <summary>How the handler plans. Default: to run the script.</summary>
    public Func<JobContext, Task<JobPlan>>? Plan { get; set; }

    /// <summary>How the handler concludes. Default: as handlers do that say nothing of it.</summary>
    public Func<ProcessResult, CancellationToken, Task<JobOutcome>>? Conclude { get; set; }

    /// <summary>Hears each line of the job's log, the command's output among them.</summary>
    public Action<string> OnLine { get; set; } = _ => { };

    /// <summary>Is called when the work folder of a failed attempt was kept, behind its end and before its last write. Default: none is kept.</summary>
    public Action? OnKept { get; set; }

    public SignalSender Send { get; set; } = Signals.Send;

    public TimeSpan DeathLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What all processes of the job have in their environment, unless they drop it.</summary>
    public string Fence => $"1:{_claimId}";

    public RecordedEvents Log { get; } = new();

    public string State => Path.Combine(_folder, "state");

    /// <summary>Submits the job and claims it. It is disposed with this.</summary>
    /// <param name="attempt">Which attempt begins.</param>
    public async Task<RunningJob> ClaimAsync(int attempt = 1)
    {
        var now = DateTimeOffset.UtcNow;
        await _store.CreateAsync(NewRow.Of(new NewJob { Id = JobId, Type = "A" }, "test", now), CancellationToken.None);
        var claimed = await _store.ClaimAsync(
            new ClaimRequest
            {
                Seen = await RowAsync(),
                Claim = new Claim { JobId = JobId, WorkerId = "w", ClaimId = _claimId, Attempt = attempt },
                Rechecks = 0,
                StartedAt = now,
                LockExpiresAt = now + Heartbeat.ForeignLockLength,
            },
            CancellationToken.None);
        var log = new JobLog(JobId, LogExcerpt.Read(null, now), LineMarks.None, (line, _) => OnLine(line.ToString()), TimeProvider.System);
        return _running = new RunningJob(claimed!, log, TimeProvider.System.GetTimestamp()); // Nobody else claims it.
    }

    /// <summary>Takes a claimed job through all its stages.</summary>
    public async Task ExecuteAsync(RunningJob running)
    {
        var jobTypes = new Dictionary<string, JobTypeOptions> { ["A"] = new() { Stop = new StopOptions { Grace = TimeSpan.FromMilliseconds(100) } } };
        _folders = new StateFolders(State, Log)
        {
            Failed = new FailedFolders(State, OnKept is null ? null : TimeSpan.FromDays(1), 0, TimeProvider.System, Log.CreateLogger<FailedFolders>())
            {
                FreeDisk = () =>
                {
                    OnKept?.Invoke();
                    return long.MaxValue;
                },
            },
        };
        var options = new ExecutorOptions { WorkerId = "w", Folders = _folders, MaxAttempts = 3, TimeLimit = TimeSpan.FromMinutes(1), JobTypes = jobTypes };
        var environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" };
        var runner = new ProcessRunner(new ExecutionOptions(), _ladder, HostFiles.Of(State, null, []), _spawner, TimeProvider.System) { Send = Send, DeathLimit = DeathLimit };
        var commands = new JobCommands(
            new CommandPolicy(new SecurityOptions(), State, environment),
            new ConfinementPolicy(_ladder, SandboxMode.Off, []),
            runner,
            options,
            new HostSecrets(new Dictionary<string, string>(), environment));
        var handler = new JobHandler
        {
            Instance = new Handler(this),
            Name = "Handler",
            Plugin = "Tests",
            PluginVersion = "1",
            PluginHash = "0",
            Settings = new HandlerSettings { Json = "{}", Folder = _folder },
            RunsAtMostOnce = RunsAtMostOnce,
            NamedPrograms = new HashSet<string> { "sh" },
            NamedFolders = new HashSet<string>(),
        };
        var refusals = new RefusalCounts(new HashSet<string>(), Log.CreateLogger<RefusalCounts>());
        var executor = new JobExecutor(
            _ => handler,
            commands,
            new HandlerQueue(_store, "test", TimeProvider.System),
            new JobRecorder(_store, refusals, options, TimeProvider.System, Log.CreateLogger<JobRecorder>()),
            refusals,
            options,
            TimeProvider.System,
            Log.CreateLogger<JobExecutor>());
        await executor.ExecuteAsync(running);
    }

    public async Task<JobRow> RowAsync() => (await _store.GetAsync(JobId, CancellationToken.None))!; // It was created.

    /// <summary>The last entry of the job's history.</summary>
    public async Task<JsonObject> LastAttemptAsync() => JsonNode.Parse((await RowAsync()).Text(JobAttributes.Attempts)!)!.AsArray()[^1]!.AsObject(); // Behind a last write there is one.

    public async ValueTask DisposeAsync()
    {
        _running?.Dispose();
        _folders?.Dispose();
        _spawner.Dispose();
        _ladder.Dispose();
        await _store.DisposeAsync();
        Log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Handler(ExecutorOnFile test) : IJobHandler
    {
        public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
            test.Plan is { } plan ? plan(context) : Task.FromResult(JobPlan.Run(new JobCommand { Program = "sh", Arguments = ["-c", test.Script] }));

        public Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken) =>
            test.Conclude is { } conclude
                ? conclude(result, jobToken)
                : Task.FromResult(result.Succeeded ? JobOutcome.Completed() : JobOutcome.Failed(result.Describe()));
    }
}
