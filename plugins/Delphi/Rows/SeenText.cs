using System.Globalization;
using System.Text;

namespace DelphiRunner.Plugins.Delphi.Rows;

/// <summary>A value of a row as it may stand in a message: in quotes, on one line, bounded.</summary>
internal static class SeenText
{
    private const int MaxLength = 200;

    public static string Quote(string? text)
    {
        if (text is null)
        {
            return "nothing";
        }

        var quoted = new StringBuilder("'");
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (char.IsControl(character))
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            }
            else
            {
                quoted.Append(character);
            }
        }

        return quoted.Append(text.Length > MaxLength ? "…'" : "'").ToString();
    }
}
