using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>How long the real program takes from its start until it has claimed a job that was waiting.</summary>
internal sealed class StartMeasure(BenchmarkArguments arguments)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        var claim = new Figure();
        var plan = new Figure();
        var command = new Figure();

        // The first start reads the program from the disk; it is told apart.
        var (first, _, _) = await StartOnceAsync(stoppingToken);
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            var (claimMs, planMs, commandMs) = await StartOnceAsync(stoppingToken);
            claim.Add(claimMs);
            plan.Add(planMs);
            command.Add(commandMs);
            await Progress.TellAsync($"claimed after {claimMs:0} ms, planned after {planMs:0} ms, command ran after {commandMs:0} ms");
        }

        return new JsonObject
        {
            ["measure"] = "start",
            ["first_start_to_claim_ms"] = Figure.Rounded(first),
            ["start_to_claim_ms"] = claim.ToJson(),
            ["start_to_plan_ms"] = plan.ToJson(),
            ["start_to_command_ms"] = command.ToJson(),
            ["target_ms"] = 1000,
        };
    }

    private async Task<(double ClaimMs, double PlanMs, double CommandMs)> StartOnceAsync(CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.Stamp, 0, stoppingToken);
        var jobId = Guid.NewGuid().ToString();
        await workspace.Store.CreateAsync(Jobs.New(Jobs.Stamp, jobId), stoppingToken);
        var started = Moment.Now();
        await using var host = HostProcess.Start(workspace, arguments.Slots);
        var row = await Jobs.EndOfAsync(workspace.Store, jobId, LookEvery, stoppingToken).WaitAsync(HostProcess.Patience, stoppingToken);
        var stamps = new Stamps(row);
        var claimedAt = row.StartedAt ?? throw new MeasureException($"Job '{jobId}' ended without a start.");
        var claimMs = (claimedAt - DateTimeOffset.UnixEpoch).TotalMilliseconds - (started.WallNanoseconds / 1e6);
        await host.StopAsync(stoppingToken);
        return (claimMs, stamps.PlanMsAfter(started), stamps.CommandMsAfter(started));
    }
}
