using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Empty;

/// <summary>A job with nothing to run: what is left is the queue's own cost.</summary>
[HandlesJobType("EMPTY")]
public sealed class EmptyHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}
