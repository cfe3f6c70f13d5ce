using System.Text.RegularExpressions;
using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>The placeholders that texts of the settings may hold: <c>{app_path}</c>, and <c>{config}</c> for the settings' own folder.</summary>
internal sealed partial class CommandText(string appPath, HandlerSettings settings)
{
    /// <summary>The placeholders of a text that have no meaning.</summary>
    public static IEnumerable<string> UnknownPlaceholders(string text) =>
        Placeholder().Matches(text).Select(match => match.Value).Where(name => name is not "{app_path}" and not "{config}");

    public string Expand(string text) => text
        .Replace("{app_path}", appPath, StringComparison.Ordinal)
        .Replace("{config}", settings.Folder, StringComparison.Ordinal);

    /// <summary>Expands a command. A relative path of its program counts from the settings' folder; a mere name stays one.</summary>
    public IReadOnlyList<string> ExpandCommand(IReadOnlyList<string> command)
    {
        var program = Expand(command[0]);
        return [program.AsSpan().IndexOfAny('/', '\\') < 0 ? program : settings.ResolvePath(program), .. command.Skip(1).Select(Expand)];
    }

    [GeneratedRegex(@"\{[a-z_]+\}")]
    private static partial Regex Placeholder();
}
