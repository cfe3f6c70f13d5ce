using System.Diagnostics;
using System.Text.Json.Nodes;
using DelphiRunner.Benchmarks.Peers;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>
/// What each level of containment costs a command: how many a second the host runs without any queue, and how long one takes alone, beside loops
/// that start the same commands with CliWrap.
/// </summary>
internal sealed class ContainmentMeasure(BenchmarkArguments arguments)
{
    private const int WarmUpRuns = 3000;
    private const int LatencyRuns = 200;
    private const string Program = "/bin/true";

    private readonly int _runs = arguments.Jobs ?? 1500;

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        using var spawner = new Spawner();
        var searchPath = Environment.GetEnvironmentVariable("PATH");
        using var ladder = await new ContainmentProbe(PrefixPrograms.Find(searchPath), searchPath, spawner).RunAsync(SandboxMode.Auto);
        await Progress.TellAsync($"containment: {ladder.Describe()}");
        var peer = new CliWrapLoop(ladder.Orphans);
        using var runs = new ConfinedRuns(arguments.Folder, Program, ladder, spawner);
        List<LevelFigures> levels = [new LevelFigures("bare", null, [Program], _runs)];
        if (ladder.NoNamespace is null)
            levels.Add(new LevelFigures("bare bwrap", null, [ladder.Programs.Bubblewrap!, "--dev-bind", "/", "/", "--unshare-pid", "--new-session", "--", Program], _runs)); // The rung stands only with it.
        levels.AddRange(Confinements(ladder).Select(level => new LevelFigures(level.Name, level.Confinement, [.. runs.PrefixOf(level.Confinement), Program], _runs)));
        foreach (var level in levels)
            await MeasureAsync(level, level.WarmUp(WarmUpRuns), runs, peer, stoppingToken);
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            foreach (var level in levels)
                await MeasureAsync(level, level, runs, peer, stoppingToken);
        }

        return new JsonObject
        {
            ["measure"] = "containment",
            ["runs"] = _runs,
            ["parallelism"] = arguments.Slots,
            ["latency_runs"] = LatencyRuns,
            ["target_ratio"] = 0.8,
            ["levels"] = new JsonArray([.. levels.Select(level => (JsonNode)level.ToJson(levels[0]))]),
        };
    }

    private async Task MeasureAsync(LevelFigures level, LevelFigures into, ConfinedRuns runs, CliWrapLoop peer, CancellationToken stoppingToken)
    {
        if (level.Confinement is { } confinement)
        {
            into.AddOwn(await runs.RunAsync(confinement, into.Runs, arguments.Slots, stoppingToken));
            await OneByOneAsync(into.OwnMilliseconds, () => runs.RunOneAsync(confinement));
        }

        into.AddLoop(await peer.RunAsync(level.CommandLine, into.Runs, arguments.Slots, stoppingToken));
        await OneByOneAsync(into.LoopMilliseconds, () => peer.RunOneAsync(level.CommandLine, stoppingToken));
        await Progress.TellAsync($"{into.Describe()}");
    }

    private static async Task OneByOneAsync(Figure milliseconds, Func<Task> run)
    {
        for (var i = 0; i < LatencyRuns; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await run();
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    private static IEnumerable<(string Name, Confinement Confinement)> Confinements(ContainmentLadder ladder)
    {
        var policy = new ConfinementPolicy(ladder, SandboxMode.Auto, []);
        SandboxProfile[] profiles =
            [SandboxProfile.Off, .. ladder.NoNamespace is null ? [SandboxProfile.Processes] : Array.Empty<SandboxProfile>(), .. ladder.NoStrict is null ? [SandboxProfile.Strict] : Array.Empty<SandboxProfile>()];
        foreach (var confinement in profiles.Select(profile => policy.Decide(new ConfinementOptions { Sandbox = profile })))
        {
            var name = confinement.Rung == Rung.Session ? "session" : $"namespace, {confinement.Profile.ToString().ToLowerInvariant()}";
            yield return (name, confinement with { HasControlGroup = false });
            if (confinement.HasControlGroup)
                yield return ($"{name}, cgroup", confinement);
        }
    }
}
