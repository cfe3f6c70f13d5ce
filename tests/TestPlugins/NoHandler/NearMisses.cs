using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.NoHandler;

/// <summary>Implements the interface, but says not what it handles.</summary>
public sealed class Undeclared : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}

/// <summary>Says what it handles, but does not implement the interface.</summary>
[HandlesJobType("NOT_IMPLEMENTED")]
public sealed class Unimplemented;

/// <summary>Cannot be constructed from outside.</summary>
[HandlesJobType("HIDDEN")]
internal sealed class Hidden : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}

/// <summary>Wants an argument that nobody gives.</summary>
[HandlesJobType("ARGUMENT")]
public sealed class WithArgument(string text) : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Failed(text)));
}

/// <summary>Is only the beginning of a handler.</summary>
[HandlesJobType("ABSTRACT")]
public abstract class Unfinished : IJobHandler
{
    public abstract Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken);
}
