using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Shell;

/// <summary>
/// Runs the script of the job's configuration, <c>{"script": "…"}</c>, so that a test says what a job does. Also <c>program</c>,
/// <c>working_directory</c> and <c>row_environment</c>, which a careless handler would take over from a row.
/// </summary>
[HandlesJobType("SHELL")]
[RunsProgram("sh")]
public sealed class ShellHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        using var json = JsonDocument.Parse(job.ConfigJson);
        var config = json.RootElement;
        var command = new JobCommand { Program = Text(config, "program") ?? "sh", Arguments = ["-c", Text(config, "script")!], WorkingDirectory = Text(config, "working_directory") }; // The tests give a script.
        if (config.TryGetProperty("row_environment", out var variables))
            command = command with { EnvironmentFromRow = variables.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!) }; // All are texts.
        return Task.FromResult(JobPlan.Run(command));
    }

    private static string? Text(JsonElement config, string name) => config.TryGetProperty(name, out var value) ? value.GetString() : null;
}
