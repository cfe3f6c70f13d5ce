using System.Globalization;
using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Empty;

/// <summary>A job whose command prints as many lines as its configuration says, <c>{"lines": 20}</c>: what is left is the cost of its log.</summary>
[HandlesJobType("LINES")]
[RunsProgram("/usr/bin/seq")]
public sealed class LinesHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        using var config = JsonDocument.Parse(job.ConfigJson);
        var lines = config.RootElement.GetProperty("lines").GetInt32();
        return Task.FromResult(JobPlan.Run(new JobCommand { Program = "/usr/bin/seq", Arguments = [lines.ToString(CultureInfo.InvariantCulture)] }));
    }
}
