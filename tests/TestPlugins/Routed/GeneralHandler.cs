using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Routed;

/// <summary>Serves whatever is routed to it. It inherits the interface, and the base class is generic.</summary>
[HandlesRoutedJobTypes]
public sealed class GeneralHandler : HandlerOf<string>;

/// <summary>Implements the interface for its subclasses.</summary>
public abstract class HandlerOf<T> : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Failed(typeof(T).Name)));
}
