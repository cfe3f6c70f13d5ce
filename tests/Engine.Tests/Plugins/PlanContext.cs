using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins;

namespace DelphiRunner.Engine.Tests.Plugins;

/// <summary>Lets a loaded handler plan a job that needs neither a queue nor a log.</summary>
internal sealed class PlanContext(HandlerSettings settings) : JobContext
{
    public override HandlerSettings Settings => settings;

    public override string WorkFolder => throw new NotSupportedException("These handlers write no files.");

    public override IJobQueue Queue => throw new NotSupportedException("These handlers ask no queue.");

    public override TimeProvider Time => TimeProvider.System;

    public static Task<JobPlan> PlanAsync(JobHandler handler, string configJson = "{}")
    {
        var job = new Job
        {
            Id = "job-1",
            Type = "ANY",
            Status = "PROCESSING",
            ConfigJson = configJson,
            Attributes = new Dictionary<string, JobAttribute>(),
        };
        return handler.Instance.PlanAsync(job, new PlanContext(handler.Settings), CancellationToken.None);
    }

    public override void Log(JobLogLevel level, string message) => TestContext.Out.WriteLine($"{level}: {message}");
}
