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

    // Null where the system does not show whom this process adopted.
    private AdoptedOrphans? _orphans;

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(arguments.Folder, "peer", "state", "work", "attempt"));
        // The prefix shows it to commands only where it is there, as it is in a host.
        Directory.CreateDirectory(Path.Combine(arguments.Folder, "peer", "state", "plugins"));
        _commandLine = [.. await PrefixAsync(folder.FullName), "/bin/true"];
        await OwnAsync(WarmUpJobs, stoppingToken);
        await LoopAsync(_commandLine, WarmUpJobs, stoppingToken);
        var own = new Rate(_jobs);
        var loop = new Rate(_jobs);
        var ratio = new Figure();
        var bare = new Rate(_jobs);
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            own.Add(await OwnAsync(_jobs, stoppingToken));
            loop.Add(await LoopAsync(_commandLine, _jobs, stoppingToken));
            ratio.Add(own.Last / loop.Last);
            bare.Add(await LoopAsync(_commandLine[^1..], _jobs, stoppingToken));
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

    private async Task<IEnumerable<string>> PrefixAsync(string work)
    {
        using var spawner = new Spawner();
        var searchPath = Environment.GetEnvironmentVariable("PATH");
        using var ladder = await new ContainmentProbe(PrefixPrograms.Find(searchPath), searchPath, spawner).RunAsync(sandbox);
        _orphans = ladder.Orphans;
        await Progress.TellAsync($"containment: {ladder.Describe()}");
        return ladder.Best == Rung.ProcessTree
            ? throw new MeasureException("There is no program 'setsid' on the PATH; without it the host cannot be measured as it runs on Linux. Install util-linux.")
            : LaunchLine.Prefix(
                new ConfinementPolicy(ladder, sandbox).Decide(new ConfinementOptions()),
                ladder.Programs,
                HostFiles.Of(Path.GetFullPath(Path.Combine(work, "..", "..")), queue: null, secrets: []),
                work,
                work);
    }

    private async Task<Spent> LoopAsync(string[] commandLine, int jobs, CancellationToken stoppingToken)
    {
        var children = ProcessUsage.ProcessorTimeOfChildren();
        var spent = await CliWrapLoop.RunAsync(commandLine, jobs, arguments.Slots, stoppingToken);
        // The inits of the loop's namespaces end behind their parents, and so become children of this process: the host would have to collect them all.
        while (_orphans?.Look().Count > 0)
            await Task.Yield();
        return spent with { Children = ProcessUsage.ProcessorTimeOfChildren() - children };
    }

    private async Task<Spent> OwnAsync(int jobs, CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.True, jobs, stoppingToken);
        var spent = await _watch.DuringAsync(workspace.Database, () => OwnHost.DrainAsync(workspace, arguments.Slots, stoppingToken, sandbox), stoppingToken);
        await Jobs.ReadDrainedAsync(workspace.Store, jobs, stoppingToken);
        return spent;
    }
}
