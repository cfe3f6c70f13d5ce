using DelphiRunner.Contracts;
using DelphiRunner.TestPlugins.Missing;

namespace DelphiRunner.TestPlugins.BrokenReference;

/// <summary>Cannot be loaded: its base class is in an assembly that is not there.</summary>
[HandlesJobType("BROKEN")]
public sealed class BrokenHandler : MissingBase, IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}

/// <summary>Needs nothing but the contracts.</summary>
[HandlesJobType("HEALTHY")]
public sealed class HealthyHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}
