using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.NewerContracts;

/// <summary>Uses nothing new, but was built against contracts whose assembly version is newer than the host's.</summary>
[HandlesJobType("NEWER")]
public sealed class NewerHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}
