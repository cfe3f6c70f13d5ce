using System.Text.Json.Nodes;
using DelphiRunner.Benchmarks.Peers;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>How fast jobs that run <c>/bin/true</c> are drained, beside a loop that does nothing but start the same commands with CliWrap.</summary>
internal sealed class TrueMeasure(BenchmarkArguments arguments)
{
    private const int WarmUpJobs = 300;

    /// <summary>The prefix programs that the host puts before a command, and the command.</summary>
    private static readonly string[] CommandLine = ["/usr/bin/setsid", "/bin/true"];

    private readonly int _jobs = arguments.Jobs ?? 2000;
    private readonly SlotWatch _watch = new(arguments.Slots);

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        await OwnAsync(WarmUpJobs, stoppingToken);
        await CliWrapLoop.RunAsync(CommandLine, WarmUpJobs, arguments.Slots, stoppingToken);
        var own = new Figure();
        var loop = new Figure();
        var ratio = new Figure();
        var bare = new Figure();
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            own.Add(_jobs / (await OwnAsync(_jobs, stoppingToken)).TotalSeconds);
            loop.Add(_jobs / (await CliWrapLoop.RunAsync(CommandLine, _jobs, arguments.Slots, stoppingToken)).TotalSeconds);
            ratio.Add(own.Last / loop.Last);
            bare.Add(_jobs / (await CliWrapLoop.RunAsync(CommandLine[^1..], _jobs, arguments.Slots, stoppingToken)).TotalSeconds);
            await Progress.TellAsync($"own {own.Last:0}/s, CliWrap with the same prefix {loop.Last:0}/s, without {bare.Last:0}/s");
        }

        return new JsonObject
        {
            ["measure"] = "true",
            ["jobs"] = _jobs,
            ["slots"] = arguments.Slots,
            ["command_line"] = string.Join(' ', CommandLine),
            ["own_per_s"] = own.ToJson(),
            ["cliwrap_loop_per_s"] = loop.ToJson(),
            ["ratio"] = ratio.ToJson(),
            ["target_ratio"] = 0.8,
            ["cliwrap_loop_without_prefix_per_s"] = bare.ToJson(),
            ["most_claimed_at_once"] = _watch.Most,
            ["looks_at_claimed"] = _watch.Looks,
        };
    }

    private async Task<TimeSpan> OwnAsync(int jobs, CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.True, jobs, stoppingToken);
        var elapsed = await _watch.DuringAsync(workspace.Database, () => OwnHost.DrainAsync(workspace, arguments.Slots, stoppingToken), stoppingToken);
        await Jobs.ReadDrainedAsync(workspace.Store, jobs, stoppingToken);
        return elapsed;
    }
}
