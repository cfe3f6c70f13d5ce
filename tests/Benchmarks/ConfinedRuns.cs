using DelphiRunner.Contracts;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Benchmarks;

/// <summary>A program run as the host runs a job's command, approval and proof of death included, without queue and plugin.</summary>
internal sealed class ConfinedRuns : IDisposable
{
    private const string FenceVariable = "DELPHI_FENCE";

    private readonly string _program;
    private readonly string _state;
    private readonly HostFiles _host;
    private readonly ContainmentLadder _ladder;
    private readonly ProcessRunner _runner;
    private readonly CommandPolicy _policy;

    /// <param name="folder">Where a state folder is made.</param>
    /// <param name="program">The program, by its absolute path.</param>
    /// <param name="ladder">What the machine has.</param>
    /// <param name="spawner">Starts the processes.</param>
    public ConfinedRuns(string folder, string program, ContainmentLadder ladder, Spawner spawner)
    {
        _program = program;
        _ladder = ladder;
        _state = Path.Combine(folder, Guid.NewGuid().ToString("N"), "state");
        Directory.CreateDirectory(Path.Combine(_state, "plugins"));
        Work = WorkFolders.MakePrivate(Path.Combine(_state, "work", "attempt"));
        _policy = new CommandPolicy(new SecurityOptions(), _state, new Dictionary<string, string>());
        _host = HostFiles.Of(_state, queue: null, secrets: []);
        _runner = new ProcessRunner(new ExecutionOptions(), ladder, _host, spawner, TimeProvider.System);
    }

    private string Work { get; }

    public IEnumerable<string> PrefixOf(Confinement confinement) => LaunchLine.Prefix(confinement, _ladder.Programs, _host, Work, secretFolder: null, Work);

    public Task<Spent> RunAsync(Confinement confinement, int runs, int parallelism, CancellationToken stoppingToken) => Spent.ByAsync(() => Parallel.ForAsync(
        0,
        runs,
        new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = stoppingToken },
        async (_, _) => await RunOneAsync(confinement)));

    public async Task RunOneAsync(Confinement confinement)
    {
        var fence = $"1:{Guid.NewGuid():N}";
        var result = Path.Combine(Work, "result.json");
        var command = _policy.Approve(new CommandRequest
        {
            Command = new JobCommand { Program = _program },
            WorkFolder = Work,
            HostVariables = new Dictionary<string, string> { ["DELPHI_RESULT_FILE"] = result, [FenceVariable] = fence },
            NamedPrograms = new HashSet<string> { _program },
            NamedFolders = new HashSet<string>(),
            Secrets = [],
            SecretFolder = Path.Combine(_state, "secrets"),
            TimeLimit = TimeSpan.FromMinutes(1),
        }, []);
        var run = await _runner.RunAsync(
            new ProcessRequest
            {
                Command = command,
                Confinement = confinement,
                Files = new AttemptFiles { WorkFolder = Work, SpoolPath = Path.Combine(_state, "spool.log"), ResultPath = result },
                Mark = $"{FenceVariable}={fence}",
                Stop = new StopOptions(),
            },
            _ => { },
            CancellationToken.None,
            CancellationToken.None);
        if (run is not { Result.Succeeded: true, ExitConfirmed: true })
            throw new MeasureException($"'{_program}' ended with {run?.Result.ExitCode} ({run?.ExitProof}).");
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_state)!, recursive: true); // Made with a folder above it.
}
