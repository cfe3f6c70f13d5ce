using System.Diagnostics;
using System.Globalization;
using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Empty;

/// <summary>A job that says when it was planned and when its command ran, in the attribute <c>stamps</c>.</summary>
/// <remarks>
/// <c>stamps</c> holds the monotonic time of the plan in ticks of <see cref="Stopwatch"/>, which all processes of a Linux machine share, and
/// the wall clock time at which the command read the clock, in nanoseconds since 1970.
/// </remarks>
[HandlesJobType("STAMP")]
[RunsProgram("/bin/date")]
public sealed class StampHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        var planned = Stopwatch.GetTimestamp();
        return Task.FromResult(JobPlan.Run(new JobCommand
        {
            Program = "/bin/date",
            Arguments = [string.Create(CultureInfo.InvariantCulture, $"+{planned} %s%N")],
        }));
    }

    public Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(result is { Succeeded: true, LastLines: [.., var stamps] }
            ? JobOutcome.Completed() with { Attributes = new Dictionary<string, JobAttribute> { ["stamps"] = JobAttribute.OfText(stamps) } }
            : JobOutcome.Failed(result.Describe()));
}
