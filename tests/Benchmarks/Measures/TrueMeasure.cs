using System.Text.Json.Nodes;
using DelphiRunner.Benchmarks.Peers;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>How fast jobs that run <c>/bin/true</c> are drained, beside a loop that does nothing but start the same commands with CliWrap.</summary>
internal sealed class TrueMeasure(BenchmarkArguments arguments, SandboxMode sandbox)
{
    // The runtime compiles what runs often anew, in the background and on the same cores: with fewer, it is its compiler that is measured.
    private const int WarmUpJobs = 12_000;

    private readonly int _jobs = arguments.Jobs ?? 3000;

    // The prefix programs that the host puts before a command, and the command.
    private string[] _commandLine = ["/bin/true"];
    private readonly SlotWatch _watch = new(arguments.Slots);

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(arguments.Folder, "peer", "state", "work", "attempt"));
        // The prefix shows it to commands only where it is there, as it is in a host.
        Directory.CreateDirectory(Path.Combine(arguments.Folder, "peer", "state", "plugins"));
        using var ladder = await ProbeAsync();
        _commandLine = [.. Prefix(ladder, folder.FullName), "/bin/true"];
        var peer = new CliWrapLoop(ladder.Orphans);
        await OwnAsync(WarmUpJobs, stoppingToken);
        await peer.RunAsync(_commandLine, WarmUpJobs, arguments.Slots, stoppingToken);
        var own = new Rate(_jobs);
        var loop = new Rate(_jobs);
        var ratio = new Figure();
        var bare = new Rate(_jobs);
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            own.Add(await OwnAsync(_jobs, stoppingToken));
            loop.Add(await peer.RunAsync(_commandLine, _jobs, arguments.Slots, stoppingToken));
            ratio.Add(own.Last / loop.Last);
            bare.Add(await peer.RunAsync(_commandLine[^1..], _jobs, arguments.Slots, stoppingToken));
            await Progress.TellAsync($"own {own.Last:0}/s, CliWrap with the same prefix {loop.Last:0}/s, without {bare.Last:0}/s");
        }

        return new JsonObject
        {
            ["measure"] = sandbox == SandboxMode.Off ? "true-session" : "true",
            ["jobs"] = _jobs,
            ["warm_up_jobs"] = WarmUpJobs,
            ["slots"] = arguments.Slots,
            ["command_line"] = string.Join(' ', _commandLine),
            ["own_per_s"] = own.ToJson(),
            ["cliwrap_loop_per_s"] = loop.ToJson(),
            ["ratio"] = ratio.ToJson(),
            ["target_ratio"] = 0.8,
            ["cliwrap_loop_without_prefix_per_s"] = bare.ToJson(),
            ["most_claimed_at_once"] = _watch.Most,
            ["looks_at_claimed"] = _watch.Looks,
        };
    }

    private async Task<ContainmentLadder> ProbeAsync()
    {
        using var spawner = new Spawner();
        var searchPath = Environment.GetEnvironmentVariable("PATH");
        var ladder = await new ContainmentProbe(PrefixPrograms.Find(searchPath), searchPath, spawner).RunAsync(sandbox);
        await Progress.TellAsync($"containment: {ladder.Describe()}");
        return ladder;
    }

    private IEnumerable<string> Prefix(ContainmentLadder ladder, string work) => ladder.Best == Rung.ProcessTree
        ? throw new MeasureException("There is no program 'setsid' on the PATH; without it the host cannot be measured as it runs on Linux. Install util-linux.")
        : LaunchLine.Prefix(
            new ConfinementPolicy(ladder, sandbox, []).Decide(new ConfinementOptions()),
            ladder.Programs,
            HostFiles.Of(Path.GetFullPath(Path.Combine(work, "..", "..")), queue: null, secrets: []),
            work,
            secretFolder: null,
            work);

    private async Task<Spent> OwnAsync(int jobs, CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.True, jobs, stoppingToken);
        var spent = await _watch.DuringAsync(workspace.Database, () => OwnHost.DrainAsync(workspace, arguments.Slots, stoppingToken, sandbox), stoppingToken);
        await Jobs.ReadDrainedAsync(workspace.Store, jobs, stoppingToken);
        return spent;
    }
}
