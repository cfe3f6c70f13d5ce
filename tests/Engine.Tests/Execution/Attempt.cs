using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Execution.Output;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>One attempt in a temporary folder: approves a command as the host would, and runs it.</summary>
/// <param name="rung">The rung of the containment ladder that it runs on.</param>
internal sealed class Attempt(string rung = Rungs.Session) : IDisposable
{
    private const string FenceVariable = "DELPHI_FENCE";

    private readonly Spawner _spawner = new();
    private readonly string _fence = $"1:{Guid.NewGuid():N}";
    private readonly List<TakenLine> _lines = [];
    private readonly CancellationTokenSource _job = new();
    private readonly CancellationTokenSource _kill = new();

    /// <summary>The program of tests/Child, built beside these tests in the same configuration.</summary>
    public static string Child { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Child", new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Name, "delphi-child"));

    /// <summary>The host's own folder.</summary>
    public string State { get; } = Directory.CreateTempSubdirectory("delphi-state-").FullName;

    /// <summary>The path of the host's own folder that the configuration gives; it may lead there by links. Default: the real one.</summary>
    public string? ConfiguredState { get; set; }

    /// <summary>The attempt's work folder, in that of the host.</summary>
    public string Folder => WorkFolders.MakePrivate(Path.Combine(State, "work", "attempt"));

    public string SpoolPath => Path.Combine(State, "spool.log");

    public string ResultPath => Path.Combine(Folder, "result.json");

    public Dictionary<string, string> Environment { get; } = [];

    public Dictionary<string, string> Secrets { get; } = [];

    /// <summary>The folder in which attempts get their secrets as files; null where they are in variables.</summary>
    public string? SecretFolder { get; set; }

    public ExecutionOptions Options { get; set; } = new();

    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromMinutes(1);

    public StopOptions Stop { get; set; } = new() { Grace = TimeSpan.FromSeconds(20) };

    /// <summary>What the job type configures.</summary>
    public ConfinementOptions Configured { get; set; } = new();

    /// <summary>The queue's file, or null.</summary>
    public string? Queue { get; set; }

    /// <summary>The files that hold secrets.</summary>
    public IReadOnlyList<string> SecretFiles { get; set; } = [];

    /// <summary>What all processes of the attempt have in their environment, unless they drop it.</summary>
    public string Fence => _fence;

    /// <summary>What sends signals.</summary>
    public SignalSender Send { get; set; } = Signals.Send;

    /// <summary>What the machine has to confine with.</summary>
    public ContainmentLadder Ladder { get; set; } = Rungs.Machine;

    /// <summary>Whether the cgroup of the rung is used.</summary>
    public bool WithControlGroup { get; set; } = true;

    public TimeSpan DeathLimit { get; set; } = TimeSpan.FromSeconds(10);

    public string? StandardInput { get; set; }

    public string? WorkingDirectory { get; set; }

    /// <summary>The line on which the job is asked to end, and the one on which it is killed.</summary>
    public string? StopAt { get; set; }

    public string? KillAt { get; set; }

    /// <summary>The line that the host's taker of lines throws at.</summary>
    public string? FailAt { get; set; }

    /// <summary>Whether lines are only handed on, for commands that write more than a test can hold.</summary>
    public bool ForgetsLines { get; set; }

    /// <summary>Hears each line while the command runs.</summary>
    public Action<OutputLine>? OnLine { get; set; }

    public IReadOnlyList<string> Lines => [.. _lines.Select(line => line.Text)];

    public IReadOnlyList<TakenLine> OutputLines => _lines;

    /// <summary>All parts of the spool, as one text.</summary>
    public string Spool
    {
        get
        {
            using var reader = new StreamReader(SpoolParts.OpenRead(SpoolPath));
            return reader.ReadToEnd();
        }
    }

    public CancellationTokenSource Job => _job;

    public ApprovedCommand Approve(string program, params string[] arguments)
    {
        // The child is a .NET program, which has to find its runtime.
        string[] inherited = ["PATH", "DOTNET_ROOT"];
        var host = Secrets.Concat(inherited
                .Select(name => KeyValuePair.Create(name, System.Environment.GetEnvironmentVariable(name) ?? string.Empty))
                .Where(pair => pair.Value.Length > 0))
            .ToDictionary();
        var options = new SecurityOptions { Environment = new EnvironmentOptions { Inherit = inherited } };
        return new CommandPolicy(options, State, host).Approve(new CommandRequest
        {
            Command = new JobCommand { Program = program, Arguments = arguments, Environment = Environment, StandardInput = StandardInput, WorkingDirectory = WorkingDirectory },
            WorkFolder = Folder,
            HostVariables = new Dictionary<string, string> { ["DELPHI_RESULT_FILE"] = ResultPath, [FenceVariable] = _fence },
            NamedPrograms = new HashSet<string> { program },
            NamedFolders = new HashSet<string>(),
            Secrets = [.. Secrets.Keys.Select(name => new SecretGrant(name, AsFile: SecretFolder is not null))],
            SecretFolder = Path.Combine(SecretFolder ?? State, "own"),
            TimeLimit = TimeLimit,
        }, []);
    }

    public Task<ProcessRun> RunChildAsync(params string[] arguments) => RunAsync(Approve(Child, arguments));

    public Task<ProcessRun> RunShellAsync(string script) => RunAsync(Approve("/bin/sh", "-c", script));

    public async Task<ProcessRun> RunAsync(ApprovedCommand command)
    {
        var run = await new ProcessRunner(Options, Ladder, HostFiles.Of(ConfiguredState ?? State, Queue, SecretFiles) with { SecretFolder = SecretFolder }, _spawner, TimeProvider.System) { Send = Send, DeathLimit = DeathLimit }.RunAsync(
            new ProcessRequest
            {
                Command = command,
                Confinement = Confine(),
                Files = new AttemptFiles { WorkFolder = Folder, SpoolPath = SpoolPath, ResultPath = ResultPath },
                Mark = $"{FenceVariable}={_fence}",
                Stop = Stop,
            },
            Take,
            _job.Token,
            _kill.Token);
        RungRecord.Add(rung);
        return run!; // Null only for the test that stops it before its start.
    }

    public void Dispose()
    {
        _spawner.Dispose();
        _job.Dispose();
        _kill.Dispose();
        Directory.Delete(State, recursive: true);
    }

    private Confinement Confine()
    {
        var confinement = Rungs.Confine(rung, Configured);
        return confinement with { HasControlGroup = confinement.HasControlGroup && WithControlGroup };
    }

    private void Take(OutputLine line)
    {
        if (!ForgetsLines)
            _lines.Add(TakenLine.Of(line));
        OnLine?.Invoke(line);
        if (StopAt is not null && line.Text.SequenceEqual(StopAt))
            _job.Cancel();
        if (KillAt is not null && line.Text.SequenceEqual(KillAt))
            _kill.Cancel();
        if (FailAt is not null && line.Text.SequenceEqual(FailAt))
            throw new InvalidOperationException(FailAt);
    }
}
