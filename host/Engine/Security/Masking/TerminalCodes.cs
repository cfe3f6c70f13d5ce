namespace DelphiRunner.Engine.Security.Masking;

/// <summary>What a terminal acts on but does not show: control characters, escape sequences, and the marks of Unicode that turn a text's direction.</summary>
internal static class TerminalCodes
{
    private const byte Escape = 0x1B;

    /// <summary>The first bytes of what may be one: control characters, and those of U+0080 to U+00BF and U+2000 to U+2FFF.</summary>
    public static readonly IReadOnlyList<byte> FirstBytes = [.. Enumerable.Range(0, 32).Select(b => (byte)b), 0x7F, 0xC2, 0xE2];

    // No program writes a longer one; so much is held back at the end of a text at most.
    private const int MaxLength = 64;

    /// <summary>Measures what stands at the beginning of a text. Of a string of ECMA-48 (<c>ESC ]</c> and the like) only what introduces it counts.</summary>
    /// <param name="text">The text, at least one byte.</param>
    /// <param name="isCutOff">Whether only what follows the text could tell.</param>
    /// <returns>The length in bytes; 0 when it is nothing of that kind.</returns>
    public static int LengthAt(ReadOnlySpan<byte> text, out bool isCutOff)
    {
        isCutOff = false;
        switch (text)
        {
            case [Escape, (byte)'[', ..]:
                return 2 + LengthOfControlSequence(text[2..], out isCutOff);
            case [Escape, ..]:
                var length = 1 + Count(text[1..], 0x20, 0x2F);
                isCutOff = length == text.Length;
                return length < text.Length && text[length] is >= 0x30 and <= 0x7E ? length + 1 : 1;
            case [0xC2, 0x9B, ..]:
                return 2 + LengthOfControlSequence(text[2..], out isCutOff);
            case [0xC2, >= 0x80 and <= 0x9F, ..]:
                return 2;
            case [0xE2, 0x80, (>= 0xA8 and <= 0xAE) or 0x8E or 0x8F, ..] or [0xE2, 0x81, >= 0xA6 and <= 0xA9, ..]:
                return 3;
            case [0xC2] or [0xE2] or [0xE2, 0x80 or 0x81]:
                isCutOff = true;
                return 0;
            default:
                return text[0] is < 0x20 or 0x7F ? 1 : 0;
        }
    }

    // ECMA-48: parameters, then intermediate bytes, then one final byte.
    private static int LengthOfControlSequence(ReadOnlySpan<byte> rest, out bool isCutOff)
    {
        var length = Count(rest, 0x30, 0x3F);
        length += Count(rest[length..], 0x20, 0x2F);
        isCutOff = length == rest.Length && length < MaxLength;
        return length < rest.Length && rest[length] is >= 0x40 and <= 0x7E ? length + 1 : length;
    }

    // A few bytes, mostly: to begin a search for the end of more costs longer than to look at them.
    private static int Count(ReadOnlySpan<byte> bytes, byte low, byte high)
    {
        var most = Math.Min(bytes.Length, MaxLength);
        var count = 0;
        while (count < most && bytes[count] >= low && bytes[count] <= high)
            count++;
        return count;
    }
}
