using System.Globalization;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The times of a row: three formats are read, one is written.</summary>
internal static class RowTime
{
    /// <summary>Formats a time the way the Python pollers write and, for locks, compare as text: six digits and <c>+00:00</c>.</summary>
    public static string Format(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>Reads a time with <c>Z</c>, with an offset, or without a zone, which counts as UTC; with or without a fraction.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        // A date alone or a year alone is no time that any writer stores; DateTimeOffset would accept it.
        return text is { Length: >= 19 } && text[10] is 'T' or ' ' && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    /// <summary>Reads a time, or gives null for a text that is none.</summary>
    public static DateTimeOffset? Parse(string? text) => TryParse(text, out var time) ? time : null;
}
