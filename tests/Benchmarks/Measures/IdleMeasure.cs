using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>What the real program costs while there is nothing to do: memory after it has run one job, and processor time.</summary>
internal sealed class IdleMeasure(BenchmarkArguments arguments)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    // Until then the runtime still compiles anew what ran at the start, which took ten times what an idle host takes.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(40);

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.Stamp, 0, stoppingToken);
        var jobId = Guid.NewGuid().ToString();
        await workspace.Store.CreateAsync(Jobs.New(Jobs.Stamp, jobId), stoppingToken);
        await using var host = HostProcess.Start(workspace, arguments.Slots);
        await Jobs.EndOfAsync(workspace.Store, jobId, LookEvery, stoppingToken).WaitAsync(HostProcess.Patience, stoppingToken);
        await Task.Delay(Settling, stoppingToken);
        var memory = ProcessUsage.ResidentBytes(host.Id) / 1e6;
        var before = ProcessUsage.ProcessorTime(host.Id);
        await Task.Delay(Watched, stoppingToken);
        var percent = (ProcessUsage.ProcessorTime(host.Id) - before) / Watched * 100;
        await host.StopAsync(stoppingToken);
        await Progress.TellAsync($"{memory:0} MB, {percent:0.00} % of a core");
        return new JsonObject
        {
            ["measure"] = "idle",
            ["resident_mb"] = Figure.Rounded(memory),
            ["target_resident_mb"] = 90,
            ["processor_percent_of_a_core"] = Figure.Rounded(percent),
            ["target_processor_percent"] = 0.5,
        };
    }
}
