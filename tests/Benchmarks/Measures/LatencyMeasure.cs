using System.Diagnostics;
using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>How long after another process began to submit a job an idle host starts it; the host polls every 2 s, so that only its watch can be quick.</summary>
internal sealed class LatencyMeasure(BenchmarkArguments arguments)
{
    private const int WarmUpJobs = 20;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private readonly int _jobs = arguments.Jobs ?? 400;

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        await using var workspace = await Workspace.CreateAsync(arguments.Folder, Jobs.Stamp, 0, stoppingToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var host = OwnHost.RunAsync(workspace, arguments.Slots, ending.Token);
        var plan = new Figure();
        var command = new Figure();
        using (var submitter = StartSubmitter(workspace.Database))
        {
            for (var i = -WarmUpJobs; i < _jobs; i++)
            {
                var (planMs, commandMs) = await SubmitOneAsync(workspace, submitter, stoppingToken);
                if (i >= 0)
                {
                    plan.Add(planMs);
                    command.Add(commandMs);
                }

                // The next job finds the host idle, at no fixed moment of its turns.
                await Task.Delay(Random.Shared.Next(20, 120), stoppingToken);
            }

            submitter.StandardInput.Close();
            await submitter.WaitForExitAsync(stoppingToken);
        }

        await ending.CancelAsync();
        await host;
        await Progress.TellAsync($"to the plan p50 {plan.Median:0.0} ms, p99 {plan.Percentile(99):0.0} ms; to the command p50 {command.Median:0.0} ms, p99 {command.Percentile(99):0.0} ms");
        return new JsonObject
        {
            ["measure"] = "latency",
            ["jobs"] = _jobs,
            ["submit_to_plan_ms"] = plan.ToPercentiles(),
            ["submit_to_command_ms"] = command.ToPercentiles(),
            ["target_p50_ms"] = 20,
            ["target_p99_ms"] = 50,
        };
    }

    private static async Task<(double PlanMs, double CommandMs)> SubmitOneAsync(Workspace workspace, Process submitter, CancellationToken stoppingToken)
    {
        var jobId = Guid.NewGuid().ToString();
        await submitter.StandardInput.WriteLineAsync(jobId);
        await submitter.StandardInput.FlushAsync(stoppingToken);
        var answer = await submitter.StandardOutput.ReadLineAsync(stoppingToken) ?? throw new MeasureException("The submitter ended early.");
        var submitted = Moment.Parse(answer);
        var stamps = new Stamps(await Jobs.EndOfAsync(workspace.Store, jobId, LookEvery, stoppingToken));
        return (stamps.PlanMsAfter(submitted), stamps.CommandMsAfter(submitted));
    }

    private static Process StartSubmitter(string database)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(LatencySubmitter.Mode);
        start.ArgumentList.Add(database);
        return Process.Start(start)!;
    }
}
