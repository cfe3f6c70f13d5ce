using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.RegularExpressions;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Security;

/// <summary>The environment of a child, the masker of the secrets in it, and what was left out.</summary>
internal sealed record ChildEnvironment
{
    public required ReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>The secrets that the child gets as files, by the paths that its variables name.</summary>
    public required ReadOnlyDictionary<string, string> SecretFiles { get; init; }

    public required SecretMasker Masker { get; init; }

    public required IReadOnlyList<Refusal> Refusals { get; init; }
}

/// <summary>
/// Builds a child's environment from nothing: inherited names, the row's, the handler's, secrets, and the host's own, the later ones winning.
/// </summary>
/// <param name="options">The key <c>environment</c> of <c>security</c>.</param>
/// <param name="hostEnvironment">The host's own environment.</param>
/// <param name="hostSecrets">What job types may be granted.</param>
internal sealed partial class EnvironmentPolicy(
    EnvironmentOptions options, IReadOnlyDictionary<string, string> hostEnvironment, HostSecrets hostSecrets)
{
    /// <summary>The longest value that a row may set, in characters.</summary>
    public const int MaxRowValueLength = 1024;

    /// <summary>How many refusals are named one by one; a row can ask for thousands, and its excerpt has room for some fifty lines.</summary>
    public const int MaxNamedRefusals = 20;

    // What decides over the code that a child runs, over credentials and data, or says which job it is.
    private static readonly string[] Guarded =
    [
        "LD_*", "DYLD_*", "PATH", "HOME", "ENV", "BASH_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "NODE_OPTIONS", "NODE_PATH",
        "PERL5OPT", "PERL5LIB", "RUBYOPT", "JAVA_TOOL_OPTIONS", "DOTNET_STARTUP_HOOKS",
        "*_API_KEY", "AWS_*", "DYNAMODB_ENDPOINT", "DELPHI_JOB_ID", "DELPHI_REPORT_ID",
    ];

    // Only with the switch for them, and then credentials and endpoints too: that is what it is for.
    private static readonly string[] OlderPrefixes = ["DELPHI_*", "AWS_*", "ANTHROPIC_*", "OPENAI_*", "OLLAMA_*"];

    private static readonly StringComparer Names = OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <exception cref="CommandDeniedException">The handler set a variable that no environment can hold.</exception>
    public ChildEnvironment Compose(CommandRequest request)
    {
        var variables = new Dictionary<string, string>(Names) { ["HOME"] = request.WorkFolder };
        var refusals = new List<Refusal>();
        foreach (var name in options.Inherit)
        {
            if (hostEnvironment.TryGetValue(name, out var value))
                variables[name] = value;
        }

        AddFromRow(variables, request, refusals);
        SetAll(variables, request.Command.Environment, request.Command.Program);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var secrets = AddSecrets(variables, files, request, refusals);
        SetAll(variables, request.HostVariables, request.Command.Program);
        return new ChildEnvironment
        {
            Variables = variables.AsReadOnly(),
            SecretFiles = files.AsReadOnly(),
            Masker = new SecretMasker(secrets),
            Refusals = refusals,
        };
    }

    private static void SetAll(Dictionary<string, string> variables, IReadOnlyDictionary<string, string> added, string program)
    {
        foreach (var (name, value) in added)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0') || value.Contains('\0', StringComparison.Ordinal))
            {
                throw new CommandDeniedException(
                    value.Contains('\0', StringComparison.Ordinal) ? RefusalKind.EnvironmentValue : RefusalKind.EnvironmentName,
                    Shown(name),
                    $"Environment variable '{Shown(name)}' for '{program}' cannot be set: a name is not empty and holds neither '=' nor NUL, a value no NUL.");
            }

            variables[name] = value;
        }
    }

    private void AddFromRow(Dictionary<string, string> variables, CommandRequest request, List<Refusal> refusals)
    {
        var unnamed = 0;
        foreach (var (name, value) in request.Command.EnvironmentFromRow.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (FindReason(name, value, request, out var kind) is not { } reason)
            {
                variables[name] = value;
                continue;
            }

            var isNamed = refusals.Count < MaxNamedRefusals;
            refusals.Add(new Refusal(kind, isNamed ? $"Environment variable '{Shown(name)}' of the row was left out: {reason}." : null));
            unnamed += isNamed ? 0 : 1;
        }

        if (unnamed > 0)
            refusals.Add(new Refusal(null, Text($"{unnamed} more environment variables of the row were left out.")));
    }

    private string? FindReason(string name, string value, CommandRequest request, out RefusalKind kind)
    {
        kind = RefusalKind.EnvironmentName;
        if (!NamePattern().IsMatch(name))
            return "a name consists of letters, digits and '_' and begins with no digit";
        if (request.HostVariables.ContainsKey(name))
            return "the host sets it itself";
        if (request.Secrets.Any(secret => Names.Equals(secret.Name, name)))
            return "it is a secret that the host sets";
        if (request.Secrets.Any(secret => Names.Equals(secret.Variable, name)))
            return "it names the file of a secret, which the host sets";
        var isOlder = options.OlderPrefixes && OlderPrefixes.Any(pattern => Matches(pattern, name));
        if (!isOlder && !options.RowsMaySet.Contains(name, StringComparer.Ordinal))
        {
            if (Guarded.Any(pattern => Matches(pattern, name)))
                return "rows set it only if 'security.environment.rows_may_set' lists it by its exact name";
            if (!options.RowsMaySet.Any(pattern => Matches(pattern, name)))
                return "'security.environment.rows_may_set' does not list it";
        }

        kind = RefusalKind.EnvironmentValue;
        if (value.Length > MaxRowValueLength)
            return Text($"its value has {value.Length:N0} characters, and a row may set at most {MaxRowValueLength:N0}");
        return value.Contains('\0', StringComparison.Ordinal) ? "its value holds a NUL character" : null;
    }

    private List<string> AddSecrets(
        Dictionary<string, string> variables, Dictionary<string, string> files, CommandRequest request, List<Refusal> refusals)
    {
        var secrets = new List<string>();
        foreach (var grant in request.Secrets)
        {
            if (hostSecrets.Find(grant.Name, out var problem) is not { } secret)
            {
                refusals.Add(new Refusal(RefusalKind.Secret, problem)); // There is one where there is no secret.
                continue;
            }

            var file = Path.Combine(request.SecretFolder, grant.Name);
            if (grant.AsFile)
            {
                files[file] = secret.Text;
                // Whatever the row or the handler put there is not what the operator granted.
                variables.Remove(grant.Name);
            }

            variables[grant.Variable] = grant.AsFile ? file : secret.Value;
            secrets.Add(secret.Value);
            if (secret.Value.Length < SecretMasker.MinLength)
                refusals.Add(new Refusal(null, Text($"Secret '{grant.Name}' is shorter than {SecretMasker.MinLength} characters and cannot be masked in the output.")));
        }

        return secrets;
    }

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : pattern.StartsWith('*') ? name.EndsWith(pattern[1..], StringComparison.Ordinal)
        : string.Equals(pattern, name, StringComparison.Ordinal);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // The name comes from the row and goes to a log.
    private static string Shown(string name) =>
        new([.. name.Take(64).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex NamePattern();
}
