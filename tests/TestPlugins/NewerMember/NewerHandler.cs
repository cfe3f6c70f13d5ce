using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.NewerMember;

/// <summary>Was built against contracts of the host's assembly version that know more than the host.</summary>
[HandlesJobType("NEWER_MEMBER")]
public sealed class NewerHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) => Task.FromResult(JobPlan.Finish(FutureOutcome.Later()));
}
