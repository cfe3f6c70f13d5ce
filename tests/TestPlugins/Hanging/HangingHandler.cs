using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Hanging;

/// <summary>Never ends its configuration, whatever its token says; tells the test that it has begun.</summary>
[HandlesJobType("HANGING")]
public sealed class HangingHandler : IJobHandler
{
    public Task ConfigureAsync(HandlerSettings settings, CancellationToken stoppingToken)
    {
        (AppContext.GetData("DelphiRunner.TestPlugins.Hanging") as Action)?.Invoke();
        return new TaskCompletionSource().Task;
    }

    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}
