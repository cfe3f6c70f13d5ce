using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Throwing;

/// <summary>Throws in its constructor.</summary>
[HandlesJobType("THROWING")]
public sealed class ThrowingHandler : IJobHandler
{
    public ThrowingHandler() => throw new NotSupportedException("The constructor of this test plugin always throws.");

    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}
