using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Echo;

/// <summary>A healthy handler: plans a command that says what the job's configuration is.</summary>
[HandlesJobType("ECHO")]
[HandlesJobType("ECHO_ONCE", RunsAtMostOnce = true)]
[RunsProgram("echo")]
[WorksInFolder("/srv/echo")]
[WorksInFolder("")]
public sealed class EchoHandler : IJobHandler
{
    private string _settings = "never configured";

    public Task ConfigureAsync(HandlerSettings settings, CancellationToken stoppingToken)
    {
        _settings = settings.Json;
        return Task.CompletedTask;
    }

    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(JobPlan.Run(new JobCommand { Program = "echo", Arguments = [job.ConfigJson, _settings] }));
}
