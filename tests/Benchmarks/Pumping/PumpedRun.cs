using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Benchmarks.Pumping;

/// <summary>Runs one child as the host does, by its process runner, and takes its output.</summary>
internal sealed class PumpedRun : IDisposable
{
    private const string FenceVariable = "DELPHI_FENCE";

    private readonly Spawner _spawner = new();
    private readonly ContainmentLadder _ladder;

    private PumpedRun(ContainmentLadder ladder) => _ladder = ladder;

    public static async Task<PumpedRun> CreateAsync()
    {
        using var spawner = new Spawner();
        var searchPath = Environment.GetEnvironmentVariable("PATH");
        return new PumpedRun(await new ContainmentProbe(PrefixPrograms.Find(searchPath), searchPath, spawner).RunAsync(SandboxMode.Off));
    }

    /// <summary>Runs a command whose lines are only counted, or go through a job's log as the lines of every job do.</summary>
    /// <param name="folder">Where it works and its spool is kept.</param>
    /// <param name="commandLine">The program and its arguments.</param>
    /// <param name="shape">Has the secrets.</param>
    /// <param name="expectedBytes">What it writes.</param>
    /// <param name="withLog">Whether the lines go through a job's log.</param>
    /// <returns>What it took, and the share of the lines that the job's log left out since the file was not written fast enough, from 0 to 1.</returns>
    /// <exception cref="MeasureException">The command failed, or not all of its output arrived.</exception>
    public async Task<(Spent Spent, double LeftOut)> RunAsync(HostFolder folder, IReadOnlyList<string> commandLine, OutputShape shape, long expectedBytes, bool withLog)
    {
        var work = WorkFolders.MakePrivate(Path.Combine(folder.State, "work"));
        var command = Approve(commandLine, shape, work);
        var request = new ProcessRequest
        {
            Command = command,
            Confinement = new ConfinementPolicy(_ladder, SandboxMode.Off, []).Decide(new ConfinementOptions()),
            Files = new AttemptFiles { WorkFolder = work, SpoolPath = Path.Combine(folder.State, "spool.log"), ResultPath = Path.Combine(work, "result.json") },
            Mark = $"{FenceVariable}={command.Environment[FenceVariable]}",
            Stop = new StopOptions(),
        };
        await using var file = new FileStream(folder.Lines, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var lines = new JobLines(file, TimeProvider.System, NullLogger<JobLines>.Instance);
        var log = new JobLog("3d1b0c3e", LogExcerpt.Read(null, TimeProvider.System.GetUtcNow()), JobHost.MarksOf(new ExecutionOptions()), lines.Write, TimeProvider.System);
        Action<OutputLine> take = withLog ? line => log.AddOutput(line.Text, line.FromStandardError) : static _ => { };
        ProcessRun? run = null;
        var runner = new ProcessRunner(new ExecutionOptions(), _ladder, HostFiles.Of(folder.State, queue: null, secrets: []), _spawner, TimeProvider.System);
        var spent = await Spent.ByAsync(async () => run = await runner.RunAsync(request, take, CancellationToken.None, CancellationToken.None));
        await lines.DisposeAsync();
        return run is { Result: { Succeeded: true, OutputBytes: var bytes, OutputLines: var count } } && bytes == expectedBytes
            ? (spent, withLog ? LeftOut(folder.Lines) / count : 0)
            : throw new MeasureException($"'{commandLine[0]}' ended with {run?.Result.ExitCode}, and {run?.Result.OutputBytes} of its {expectedBytes} bytes arrived.");
    }

    public void Dispose()
    {
        _spawner.Dispose();
        _ladder.Dispose();
    }

    // The log says how many it left out, each time in a line of its own.
    private static double LeftOut(string file) => File.ReadLines(file)
        .Where(line => line.StartsWith("[DELPHI JOB --------]", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ')[4], CultureInfo.InvariantCulture));

    private static ApprovedCommand Approve(IReadOnlyList<string> commandLine, OutputShape shape, string work) =>
        new CommandPolicy(new SecurityOptions(), Path.Combine(work, "state"), new Dictionary<string, string>(shape.Secrets)).Approve(new CommandRequest
        {
            Command = new JobCommand { Program = commandLine[0], Arguments = [.. commandLine.Skip(1)] },
            WorkFolder = work,
            HostVariables = new Dictionary<string, string> { [FenceVariable] = $"1:{Guid.NewGuid():N}" },
            NamedPrograms = new HashSet<string> { commandLine[0] },
            NamedFolders = new HashSet<string>(),
            Secrets = [.. shape.Secrets.Keys.Select(name => new SecretGrant(name))],
            SecretFolder = Path.Combine(work, "secrets"),
            TimeLimit = TimeSpan.FromMinutes(10),
        }, []);
}
