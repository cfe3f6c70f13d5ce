using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Empty;

/// <summary>A job whose command does nothing: what is left is the cost of a subprocess.</summary>
[HandlesJobType("TRUE")]
[RunsProgram("/bin/true")]
public sealed class TrueHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Run(new JobCommand { Program = "/bin/true" }));
}
