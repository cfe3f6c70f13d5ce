using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Delphi.Results;

/// <summary>Says why a command failed: how it ended, what it says itself, and what to do where that is known.</summary>
internal static class FailureText
{
    public static string Of(ProcessResult result, ResultFile file)
    {
        var text = result.Describe();
        if (file.FindText("error") is { } own)
        {
            return $"{text} It says: {SeenText.Quote(own)}.";
        }

        if (result.LastLines.LastOrDefault(line => line.Contains("unrecognized arguments:", StringComparison.Ordinal)) is { } refusal)
        {
            return $"{text} The script does not know a flag: {SeenText.Quote(refusal)}. Take the flag out of plugins.settings.Delphi.flags.";
        }

        return result.LastLines.LastOrDefault(line => !string.IsNullOrWhiteSpace(line)) is { } last
            ? $"{text} Last line: {SeenText.Quote(last)}."
            : text;
    }
}
