using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.DuplicateType;

/// <summary>Declares a job type that Echo declares too, and one of its own.</summary>
[HandlesJobType("ECHO")]
[HandlesJobType("SECOND")]
public sealed class SecondEcho : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}
