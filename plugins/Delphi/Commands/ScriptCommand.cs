using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;
using DelphiRunner.Plugins.Delphi.Settings;

namespace DelphiRunner.Plugins.Delphi.Commands;

/// <summary>Puts the command of a script together.</summary>
internal static class ScriptCommand
{
    /// <param name="settings">The plugin's settings.</param>
    /// <param name="prefix">The program and its leading arguments.</param>
    /// <param name="arguments">The arguments after them.</param>
    /// <param name="parameters">What the row says.</param>
    /// <param name="variables">Variables that only this command gets.</param>
    public static JobPlan Plan(
        DelphiSettings settings,
        IReadOnlyList<string> prefix,
        ArgumentList arguments,
        JobParameters parameters,
        IReadOnlyDictionary<string, string>? variables = null) => JobPlan.Run(new JobCommand
        {
            Program = prefix[0],
            Arguments = [.. prefix.Skip(1), .. arguments.ToList()],
            // run_delphi.py starts its parts by relative paths.
            WorkingDirectory = settings.AppPath,
            Environment = BuildEnvironment(settings, parameters.Identity, variables),
            EnvironmentFromRow = parameters.Environment,
        });

    private static Dictionary<string, string> BuildEnvironment(
        DelphiSettings settings, JobIdentity identity, IReadOnlyDictionary<string, string>? variables)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        SetIfPresent(environment, "AWS_S3_BUCKET_NAME", settings.Bucket);
        SetIfPresent(environment, "AWS_S3_ENDPOINT", settings.S3Endpoint);
        SetIfPresent(environment, "ANTHROPIC_MODEL", settings.Model);
        Merge(environment, settings.Environment);
        Merge(environment, variables ?? new Dictionary<string, string>());
        environment["DELPHI_APP_PATH"] = settings.AppPath;
        environment["DELPHI_JOB_ID"] = identity.JobId;
        environment["DELPHI_REPORT_ID"] = identity.ReportOrConversationId;
        // Otherwise Python keeps its output back until its buffer is full, and the closing line comes late.
        environment["PYTHONUNBUFFERED"] = "1";
        return environment;
    }

    private static void SetIfPresent(Dictionary<string, string> environment, string name, string? value)
    {
        if (value is not null)
        {
            environment[name] = value;
        }
    }

    private static void Merge(Dictionary<string, string> environment, IReadOnlyDictionary<string, string> others)
    {
        foreach (var (name, value) in others)
        {
            environment[name] = value;
        }
    }
}
