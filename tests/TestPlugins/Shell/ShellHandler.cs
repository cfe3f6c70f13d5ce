using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.TestPlugins.Shell;

/// <summary>
/// Runs the script of the job's configuration, <c>{"script": "…"}</c>, so that a test says what a job does. Also <c>program</c>,
/// <c>working_directory</c>, <c>row_environment</c> and, as an attribute to set, <c>attribute</c>, which a careless handler would take over from a row,
/// and <c>throw</c>, the message of an exception. Its results are what the command wrote as such.
/// </summary>
[HandlesJobType("SHELL")]
[RunsProgram("sh")]
public sealed class ShellHandler : IJobHandler
{
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken)
    {
        using var json = JsonDocument.Parse(job.ConfigJson);
        var config = json.RootElement;
        if (Text(config, "throw") is { } message)
            throw new InvalidOperationException(message);
        if (Text(config, "script") is not { } script)
            throw new InvalidJobException("There is no script.");
        var command = new JobCommand { Program = Text(config, "program") ?? "sh", Arguments = ["-c", script], WorkingDirectory = Text(config, "working_directory") };
        if (config.TryGetProperty("row_environment", out var variables))
            command = command with { EnvironmentFromRow = variables.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!) }; // All are texts.
        return Task.FromResult(JobPlan.Run(command));
    }

    public Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken)
    {
        using var json = JsonDocument.Parse(job.ConfigJson);
        var attributes = new Dictionary<string, JobAttribute>();
        if (Text(json.RootElement, "attribute") is { } name)
            attributes[name] = JobAttribute.OfText("of the handler");
        var outcome = result.Succeeded ? JobOutcome.Completed() : JobOutcome.Failed(result.Describe());
        return Task.FromResult(outcome with { ResultsJson = result.ResultFileJson, Attributes = attributes });
    }

    private static string? Text(JsonElement config, string name) => config.TryGetProperty(name, out var value) ? value.GetString() : null;
}
