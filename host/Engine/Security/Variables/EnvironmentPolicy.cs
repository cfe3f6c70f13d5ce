using System.Collections.ObjectModel;
using System.Globalization;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Security.Variables;

/// <summary>The environment of a child, and the masker of the secrets in it.</summary>
internal sealed record ChildEnvironment
{
    public required ReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>The secrets that the child gets as files, by the paths that its variables name.</summary>
    public required ReadOnlyDictionary<string, string> SecretFiles { get; init; }

    public required SecretMasker Masker { get; init; }
}

/// <summary>
/// Builds a child's environment from nothing: inherited names, the row's, the handler's, secrets, and the host's own, the later ones winning.
/// </summary>
/// <param name="options">The key <c>environment</c> of <c>security</c>.</param>
/// <param name="hostEnvironment">The host's own environment.</param>
/// <param name="hostSecrets">What job types may be granted.</param>
internal sealed class EnvironmentPolicy(
    EnvironmentOptions options, IReadOnlyDictionary<string, string> hostEnvironment, HostSecrets hostSecrets)
{
    private readonly RowVariables _row = new(options);

    /// <exception cref="CommandDeniedException">The handler set a variable that no environment can hold.</exception>
    public ChildEnvironment Compose(CommandRequest request, ICollection<Refusal> refusals)
    {
        var variables = new Dictionary<string, string>(RowVariables.Names) { ["HOME"] = request.WorkFolder };
        foreach (var name in options.Inherit)
        {
            if (hostEnvironment.TryGetValue(name, out var value))
                variables[name] = value;
        }

        _row.AddTo(variables, request, refusals);
        SetAll(variables, request.Command.Environment, request.Command.Program);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var secrets = AddSecrets(variables, files, request, refusals);
        SetAll(variables, request.HostVariables, request.Command.Program);
        return new ChildEnvironment
        {
            Variables = variables.AsReadOnly(),
            SecretFiles = files.AsReadOnly(),
            Masker = new SecretMasker(secrets),
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
                    RowVariables.Shown(name),
                    $"Environment variable '{RowVariables.Shown(name)}' for '{RowVariables.Shown(program)}' cannot be set: a name is not empty and holds neither '=' nor NUL, a value no NUL.");
            }

            variables[name] = value;
        }
    }

    private List<string> AddSecrets(
        Dictionary<string, string> variables, Dictionary<string, string> files, CommandRequest request, ICollection<Refusal> refusals)
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
            if (secret.Value.Count(letter => !char.IsWhiteSpace(letter)) < SecretMasker.MinLength)
                refusals.Add(new Refusal(null, Text($"Secret '{grant.Name}' has fewer than {SecretMasker.MinLength} characters beside white space and cannot be masked in the output.")));
        }

        return secrets;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
