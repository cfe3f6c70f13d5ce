using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>One attempt in a temporary folder: approves a command as the host would, and runs it.</summary>
internal sealed class Attempt : IDisposable
{
    private readonly Spawner _spawner = new();
    private readonly List<OutputLine> _lines = [];
    private readonly CancellationTokenSource _job = new();
    private readonly CancellationTokenSource _kill = new();

    /// <summary>The program of tests/Child, built beside these tests in the same configuration.</summary>
    public static string Child { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Child", new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Name, "delphi-child"));

    public string Folder { get; } = Directory.CreateTempSubdirectory("delphi-attempt-").FullName;

    public string SpoolPath => Path.Combine(Folder, "spool.log");

    public string ResultPath => Path.Combine(Folder, "result.json");

    public Dictionary<string, string> Environment { get; } = [];

    public Dictionary<string, string> Secrets { get; } = [];

    public ExecutionOptions Options { get; set; } = new();

    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromMinutes(1);

    public StopOptions Stop { get; set; } = new() { Grace = TimeSpan.FromSeconds(20) };

    public string? StandardInput { get; set; }

    public string? WorkingDirectory { get; set; }

    /// <summary>The line on which the job is asked to end, and the one on which it is killed.</summary>
    public string? StopAt { get; set; }

    public string? KillAt { get; set; }

    /// <summary>The line that the host's taker of lines throws at.</summary>
    public string? FailAt { get; set; }

    public IReadOnlyList<string> Lines => [.. _lines.Select(line => line.Text)];

    public IReadOnlyList<OutputLine> OutputLines => _lines;

    public string Spool => File.ReadAllText(SpoolPath);

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
        return new CommandPolicy(options, host).Approve(new CommandRequest
        {
            Command = new JobCommand { Program = program, Arguments = arguments, Environment = Environment, StandardInput = StandardInput, WorkingDirectory = WorkingDirectory },
            WorkFolder = Folder,
            HostVariables = new Dictionary<string, string> { ["DELPHI_RESULT_FILE"] = ResultPath },
            NamedPrograms = new HashSet<string> { program },
            Secrets = [.. Secrets.Keys],
            TimeLimit = TimeLimit,
        }).Command;
    }

    public Task<ProcessRun> RunChildAsync(params string[] arguments) => RunAsync(Approve(Child, arguments));

    public Task<ProcessRun> RunShellAsync(string script) => RunAsync(Approve("/bin/sh", "-c", script));

    public Task<ProcessRun> RunAsync(ApprovedCommand command) =>
        new ProcessRunner(Options, _spawner, TimeProvider.System).RunAsync(
            command, new AttemptFiles { SpoolPath = SpoolPath, ResultPath = ResultPath }, Stop, Take, _job.Token, _kill.Token);

    public void Dispose()
    {
        _spawner.Dispose();
        _job.Dispose();
        _kill.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Take(OutputLine line)
    {
        _lines.Add(line);
        if (line.Text == StopAt)
            _job.Cancel();
        if (line.Text == KillAt)
            _kill.Cancel();
        if (line.Text == FailAt)
            throw new InvalidOperationException(line.Text);
    }
}
