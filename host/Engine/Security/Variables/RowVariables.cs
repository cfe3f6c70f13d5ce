using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using System.Text.RegularExpressions;

namespace DelphiRunner.Engine.Security.Variables;

/// <summary>Decides which of the variables that a row asks for its command gets, and names those that are left out.</summary>
/// <param name="options">The key <c>environment</c> of <c>security</c>.</param>
internal sealed partial class RowVariables(EnvironmentOptions options)
{
    /// <summary>The longest value that a row may set, in characters.</summary>
    public const int MaxValueLength = 1024;

    /// <summary>
    /// The longest line that names what was left out, in characters, but for the count at its end. A row can ask for thousands of variables, and
    /// the log that it carries keeps few warnings, of 2,000 characters each.
    /// </summary>
    public const int MaxLineLength = 1500;

    /// <summary>What that line begins with.</summary>
    public const string LineBeginning = "Left out of the row's environment: ";

    private const string GuardedReason = "rows set it only if 'security.environment.rows_may_set' lists it by its exact name";

    // Only with the switch for them, and then credentials and endpoints too: that is what it is for.
    private static readonly string[] OlderPrefixes = ["DELPHI_*", "AWS_*", "ANTHROPIC_*", "OPENAI_*", "OLLAMA_*"];

    private static readonly bool IgnoresCase = OperatingSystem.IsWindows();

    /// <summary>How this system compares the names of variables.</summary>
    public static StringComparer Names { get; } = IgnoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Adds what the row may set to a command's variables, and a refusal for each that it may not, all of which one line names.</summary>
    public void AddTo(Dictionary<string, string> variables, CommandRequest request, ICollection<Refusal> refusals)
    {
        var leftOut = new List<(string Name, string Reason)>();
        foreach (var (name, value) in request.Command.EnvironmentFromRow.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (FindReason(name, value, request, out var kind) is { } reason)
            {
                leftOut.Add((Shown(name), reason));
                refusals.Add(new Refusal(kind, null));
            }
            else
            {
                variables[name] = value;
            }
        }

        if (leftOut.Count > 0)
            refusals.Add(new Refusal(null, Describe(leftOut)));
    }

    /// <summary>Makes a name fit for a log: it may come from a row.</summary>
    public static string Shown(string name) =>
        new([.. name.Take(64).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);

    // Guarded ones first: they tell most of what a row is up to, and others must not push them out.
    private static string Describe(List<(string Name, string Reason)> leftOut)
    {
        var line = new StringBuilder(LineBeginning);
        var lastReason = "";
        var named = 0;
        foreach (var (name, reason) in leftOut.OrderBy(variable => variable.Reason != GuardedReason).ThenBy(variable => variable.Reason, StringComparer.Ordinal))
        {
            var separator = named == 0 ? "" : reason == lastReason ? ", " : $" ({lastReason}); ";
            if (line.Length + separator.Length + name.Length + reason.Length > MaxLineLength)
                break;
            line.Append(separator).Append('\'').Append(name).Append('\'');
            lastReason = reason;
            named++;
        }

        line.Append(CultureInfo.InvariantCulture, $" ({lastReason})");
        return line.Append(named < leftOut.Count ? Text($"; and {leftOut.Count - named:N0} more.") : ".").ToString();
    }

    private string? FindReason(string name, string value, CommandRequest request, out RefusalKind kind)
    {
        kind = RefusalKind.EnvironmentName;
        if (!NamePattern().IsMatch(name))
            return "a name consists of letters, digits and '_' and begins with no digit";
        if (request.HostVariables.Keys.Contains(name, Names))
            return "the host sets it itself";
        if (request.Secrets.Any(secret => Names.Equals(secret.Name, name)))
            return "it is a secret that the host sets";
        if (request.Secrets.Any(secret => Names.Equals(secret.Variable, name)))
            return "it names the file of a secret, which the host sets";
        if (request.Command.Environment.Keys.Contains(name, Names))
            return "the job's command sets it";
        var isOlder = options.OlderPrefixes && OlderPrefixes.Any(pattern => Matches(pattern, name));
        if (!isOlder && !options.RowsMaySet.Contains(name, Names))
        {
            if (GuardedVariables.Contain(name))
                return GuardedReason;
            if (!options.RowsMaySet.Any(pattern => Matches(pattern, name)))
                return "'security.environment.rows_may_set' does not list it";
        }

        kind = RefusalKind.EnvironmentValue;
        if (value.Length > MaxValueLength)
            return Text($"its value is longer than the {MaxValueLength:N0} characters that a row may set");
        return value.Contains('\0', StringComparison.Ordinal) ? "its value holds a NUL character" : null;
    }

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, IgnoresCase);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex NamePattern();
}
