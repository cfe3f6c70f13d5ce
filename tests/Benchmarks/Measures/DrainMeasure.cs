using System.Text.Json.Nodes;
using DelphiRunner.Benchmarks.Peers;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>How fast a queue of jobs with nothing to run is drained, durable, beside Hangfire in memory.</summary>
internal sealed class DrainMeasure(BenchmarkArguments arguments)
{
    private const int WarmUpRounds = 3;

    private readonly int _jobs = arguments.Jobs ?? 20_000;
    private readonly SlotWatch _watch = new(arguments.Slots);

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        // The runtime compiles what runs often anew, and is done with it on both sides after so many jobs.
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await OwnAsync(_jobs, stoppingToken);
            await HangfireDrain.RunAsync(_jobs, arguments.Slots, stoppingToken);
        }

        var own = new Rate(_jobs);
        var hangfire = new Rate(_jobs);
        var ratio = new Figure();
        var program = new Figure();
        var store = new Rate(_jobs);
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            own.Add(await OwnAsync(_jobs, stoppingToken));
            hangfire.Add(await HangfireDrain.RunAsync(_jobs, arguments.Slots, stoppingToken));
            ratio.Add(own.Last / hangfire.Last);
            program.Add(_jobs / (await ProgramAsync(stoppingToken)).TotalSeconds);
            store.Add(await StoreAloneAsync(stoppingToken));
            await Progress.TellAsync($"own {own.Last:0}/s, Hangfire {hangfire.Last:0}/s, program {program.Last:0}/s, store alone {store.Last:0}/s");
        }

        return new JsonObject
        {
            ["measure"] = "drain",
            ["jobs"] = _jobs,
            ["slots"] = arguments.Slots,
            ["own_per_s"] = own.ToJson(),
            ["hangfire_in_memory_per_s"] = hangfire.ToJson(),
            ["ratio"] = ratio.ToJson(),
            ["target_ratio"] = 0.5,
            ["own_program_per_s"] = program.ToJson(),
            ["store_alone_per_s"] = store.ToJson(),
            ["most_claimed_at_once"] = _watch.Most,
            ["looks_at_claimed"] = _watch.Looks,
        };
    }

    private async Task<Spent> OwnAsync(int jobs, CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.Empty, jobs, stoppingToken);
        var spent = await _watch.DuringAsync(workspace.Database, () => OwnHost.DrainAsync(workspace, arguments.Slots, stoppingToken), stoppingToken);
        await Jobs.ReadDrainedAsync(workspace.Store, jobs, stoppingToken);
        return spent;
    }

    /// <summary>The real program, logging included: from its first claim to its last write, as the rows tell.</summary>
    private async Task<TimeSpan> ProgramAsync(CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.Empty, _jobs, stoppingToken);
        await using var host = HostProcess.Start(workspace, arguments.Slots, "--once");
        await host.EndAsync(stoppingToken);
        var rows = await Jobs.ReadDrainedAsync(workspace.Store, _jobs, stoppingToken);
        return rows.Max(row => row.Time(JobAttributes.CompletedAt))!.Value - rows.Min(row => row.StartedAt)!.Value;
    }

    private async Task<Spent> StoreAloneAsync(CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.Empty, _jobs, stoppingToken);
        var spent = await StoreDrain.RunAsync(workspace.Store, Jobs.Empty, arguments.Slots, stoppingToken);
        await Jobs.ReadDrainedAsync(workspace.Store, _jobs, stoppingToken);
        return spent;
    }
}
