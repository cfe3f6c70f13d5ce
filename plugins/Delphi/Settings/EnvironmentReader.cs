using System.Text.RegularExpressions;

namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>Reads which variables the commands get beside the job's own.</summary>
internal static partial class EnvironmentReader
{
    private static readonly string[] LimitVariables = ["MAX_VOTES", "BATCH_SIZE"];

    /// <summary>Reads <c>forward_environment</c> (names of the host's variables) and <c>child_environment</c> (names and values).</summary>
    public static IReadOnlyDictionary<string, string> Read(SettingsSection top, CommandText texts, Func<string, string?> hostVariable)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in top.Texts("forward_environment") ?? KnownNames.ScriptVariables)
        {
            if (IsAllowed(top, "forward_environment", name) && hostVariable(name) is { } value && !string.IsNullOrWhiteSpace(value))
            {
                variables[name] = value;
            }
        }

        foreach (var (name, value) in top.Section("child_environment").AllTexts())
        {
            if (IsAllowed(top, $"child_environment.{name}", name))
            {
                variables[name] = texts.Expand(value);
            }
        }

        return variables;
    }

    public static IReadOnlyDictionary<string, string> ReadLimits(Func<string, string?> hostVariable) => LimitVariables
        .Select(name => (name, value: hostVariable(name)))
        .Where(pair => !string.IsNullOrWhiteSpace(pair.value))
        .ToDictionary(pair => pair.name, pair => pair.value!, StringComparer.Ordinal);

    private static bool IsAllowed(SettingsSection top, string key, string name)
    {
        if (!NamePattern().IsMatch(name))
        {
            top.Problem(key, $"names the variable '{name}'; a name holds only letters, digits and '_', and begins with no digit.");
            return false;
        }

        if (name is "DELPHI_JOB_ID" or "DELPHI_REPORT_ID" or "DELPHI_RESULT_FILE" or "DELPHI_FENCE")
        {
            top.Problem(key, $"names the variable '{name}', which is set for each job. Remove it.");
            return false;
        }

        if (SecretPattern().IsMatch(name))
        {
            top.Problem(key, $"names the variable '{name}', which holds a secret. Name it in job_types.<TYPE>.secrets instead: it is masked there.");
            return false;
        }

        return true;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"(_API_KEY|_ACCESS_KEY|_PASSWORD|_SECRET|_TOKEN)\z|^(DATABASE_URL|AWS_ACCESS_KEY_ID)\z", RegexOptions.IgnoreCase)]
    private static partial Regex SecretPattern();
}
