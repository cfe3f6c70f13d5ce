using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine;

/// <summary>What the host gives a handler for one job.</summary>
internal sealed class HandlerContext(
    HandlerSettings settings, AttemptFolder folder, IJobQueue queue, JobLog log, SecretMasker masker, TimeProvider time)
    : JobContext
{
    public override HandlerSettings Settings => settings;

    public override string WorkFolder => folder.Work;

    public override IJobQueue Queue => queue;

    public override TimeProvider Time => time;

    public override void Log(JobLogLevel level, string message) => log.Add(
        level switch
        {
            JobLogLevel.Error => JobLog.Error,
            JobLogLevel.Warning => JobLog.Warning,
            _ => JobLog.Information,
        },
        masker.Mask(message));
}
