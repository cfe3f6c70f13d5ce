using System.Globalization;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The times of a row: three formats are read, one is written.</summary>
internal static class RowTime
{
    private const string Utc = "+00:00";

    // Up to the sixth digit of the second.
    private const int TimeLength = 26;
    private const int Length = 32;

    /// <summary>Formats a time the way the Python pollers write and, for locks, compare as text: six digits and <c>+00:00</c>.</summary>
    /// <remarks>By the format <c>O</c>, which has a seventh digit but is far faster than one that is spelt out; a job has a dozen times.</remarks>
    public static string Format(DateTimeOffset time) => string.Create(Length, time.UtcDateTime, static (text, utc) =>
    {
        Span<char> whole = stackalloc char[TimeLength + 2];
        utc.TryFormat(whole, out _, "O", CultureInfo.InvariantCulture);
        whole[..TimeLength].CopyTo(text);
        Utc.CopyTo(text[TimeLength..]);
    });

    /// <summary>Reads a time with <c>Z</c>, with an offset, or without a zone, which counts as UTC; with or without a fraction.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        if (text is { Length: Length } && text.EndsWith(Utc, StringComparison.Ordinal) && TryParseOwn(text, out time))
        {
            return true;
        }

        time = default;
        // A date alone or a year alone is no time that any writer stores; DateTimeOffset would accept it.
        return text is { Length: >= 19 } && text[10] is 'T' or ' ' && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    /// <summary>Reads a time, or gives null for a text that is none.</summary>
    public static DateTimeOffset? Parse(string? text) => TryParse(text, out var time) ? time : null;

    /// <summary>Reads what <see cref="Format"/> writes, by the same format, which is far faster than reading any.</summary>
    private static bool TryParseOwn(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        Span<char> whole = stackalloc char[Length + 1];
        text[..TimeLength].CopyTo(whole);
        whole[TimeLength] = '0';
        Utc.CopyTo(whole[(TimeLength + 1)..]);
        return DateTimeOffset.TryParseExact(whole, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
