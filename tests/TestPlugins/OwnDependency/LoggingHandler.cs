using DelphiRunner.Contracts;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.TestPlugins.OwnDependency;

/// <summary>Says which version of a library it got that the host has in another version.</summary>
[HandlesJobType("OWN_DEPENDENCY")]
public sealed class LoggingHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Failed(typeof(ILogger).Assembly.GetName().Version!.ToString())));
}
