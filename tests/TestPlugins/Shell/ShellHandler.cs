using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Shell;

/// <summary>Runs the script of the job's configuration, <c>{"script": "…"}</c>, so that a test says what a job does.</summary>
[HandlesJobType("SHELL")]
[RunsProgram("sh")]
public sealed class ShellHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        using var config = JsonDocument.Parse(job.ConfigJson);
        var script = config.RootElement.GetProperty("script").GetString()!; // The tests give one.
        return Task.FromResult(JobPlan.Run(new JobCommand { Program = "sh", Arguments = ["-c", script] }));
    }
}
