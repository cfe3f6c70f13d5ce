using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.BadSettings;

/// <summary>Refuses settings without a greeting.</summary>
[HandlesJobType("DEMANDING")]
public sealed class DemandingHandler : IJobHandler
{
    public Task ConfigureAsync(HandlerSettings settings, CancellationToken stoppingToken) =>
        settings.Json.Contains("\"greeting\"", StringComparison.Ordinal)
            ? Task.CompletedTask
            : throw new InvalidSettingsException($"Key 'greeting' is missing in {settings.Json}.");

    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Finish(JobOutcome.Completed()));
}
