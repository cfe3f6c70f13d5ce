using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Crashing;

/// <summary>
/// Ends the whole host by an exception on a thread of its own, which no host can catch. Says so a moment before in the pipe of the job's
/// configuration, <c>{"pipe": "…"}</c>.
/// </summary>
[HandlesJobType("CRASH")]
public sealed class CrashingHandler : IJobHandler
{
    public async Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        using var json = JsonDocument.Parse(job.ConfigJson);
        var pipe = json.RootElement.GetProperty("pipe").GetString()!; // The tests give a pipe.
        new Thread(() =>
        {
            File.WriteAllText(pipe, "!");
            throw new NotSupportedException("This test plugin ends its host.");
        }).Start();
        await Task.Delay(Timeout.InfiniteTimeSpan, jobToken);
        return JobPlan.Finish(JobOutcome.Completed());
    }
}
