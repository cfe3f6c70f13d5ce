using System.Buffers;

namespace DelphiRunner.Engine.Execution.Output;

/// <summary>
/// Removes from a line what a terminal or a log reader would act on: escape sequences, control characters, and the marks of Unicode that
/// break lines or turn their direction. A tab becomes a space. Other bytes that are no valid UTF-8 stay, and are replaced when the text
/// is decoded.
/// </summary>
internal static class LineCleaner
{
    private const byte Bell = 7;
    private const byte Escape = 0x1B;

    // Control characters, and the first bytes of U+0080 to U+00BF and U+2000 to U+2FFF, which may be some.
    private static readonly SearchValues<byte> Suspicious =
        SearchValues.Create([.. Enumerable.Range(0, 32).Select(b => (byte)b), 0x7F, 0xC2, 0xE2]);

    /// <summary>Cleans a line.</summary>
    /// <param name="line">The line's bytes.</param>
    /// <param name="cleaned">Takes the cleaned bytes, when there is something to clean.</param>
    /// <returns>Whether <paramref name="cleaned"/> holds the line; otherwise it is clean as it is.</returns>
    public static bool TryClean(ReadOnlySpan<byte> line, ArrayBufferWriter<byte> cleaned)
    {
        var next = line.IndexOfAny(Suspicious);
        if (next < 0)
            return false;
        var isAStringsEndAhead = true;
        while (next >= 0)
        {
            cleaned.Write(line[..next]);
            line = line[next..];
            line = line[Skip(line, cleaned, ref isAStringsEndAhead)..];
            next = line.IndexOfAny(Suspicious);
        }

        cleaned.Write(line);
        return true;
    }

    // Gives how many bytes at the beginning are dealt with: written, replaced or left out.
    private static int Skip(ReadOnlySpan<byte> line, ArrayBufferWriter<byte> cleaned, ref bool isAStringsEndAhead)
    {
        switch (line)
        {
            case [(byte)'\t', ..]:
                cleaned.Write(" "u8);
                return 1;
            case [Escape, ..]:
                return LengthOfEscape(line, ref isAStringsEndAhead);
            case [0xC2, 0x9B, ..]:
                return 2 + LengthOfControlSequence(line[2..]);
            case [0xC2, >= 0x80 and <= 0x9F, ..]:
                return 2;
            case [0xE2, 0x80, 0xA8 or 0xA9, ..]:
                cleaned.Write(" "u8);
                return 3;
            case [0xE2, 0x80, (>= 0xAA and <= 0xAE) or 0x8E or 0x8F, ..] or [0xE2, 0x81, >= 0xA6 and <= 0xA9, ..]:
                return 3;
            case [0xC2, >= 0x80 and <= 0xBF, ..]:
                cleaned.Write(line[..2]);
                return 2;
            case [0xE2, >= 0x80 and <= 0xBF, >= 0x80 and <= 0xBF, ..]:
                cleaned.Write(line[..3]);
                return 3;
            case [0xC2 or 0xE2, ..]:
                // Replaced here already: with what follows it behind a removed character it could become one of those above.
                cleaned.Write("\uFFFD"u8);
                return line is [0xE2, >= 0x80 and <= 0xBF, ..] ? 2 : 1;
            default:
                return 1;
        }
    }

    // ECMA-48: ESC [ begins a control sequence; ESC ] P X ^ _ begin a string up to BEL or ESC \; others have one final byte.
    private static int LengthOfEscape(ReadOnlySpan<byte> line, ref bool isAStringsEndAhead)
    {
        switch (line)
        {
            case [_, (byte)'[', ..]:
                return 2 + LengthOfControlSequence(line[2..]);
            case [_, (byte)']' or (byte)'P' or (byte)'X' or (byte)'^' or (byte)'_', ..]:
                // A string without an end would hide the rest of the line, so then only its beginning is removed.
                // Once none is found there is none for the others behind it: to look each time takes the square of the line's length.
                var length = isAStringsEndAhead ? LengthToStringsEnd(line[2..]) : 0;
                isAStringsEndAhead = length > 0;
                return 2 + length;
            default:
                var final = 1 + Count(line[1..], 0x20, 0x2F);
                return final < line.Length && line[final] is >= 0x30 and <= 0x7E ? final + 1 : 1;
        }
    }

    // Looks no further than the first end, whichever it is; 0 when there is none.
    private static int LengthToStringsEnd(ReadOnlySpan<byte> rest)
    {
        var length = 0;
        while (rest[length..].IndexOfAny(Bell, Escape) is >= 0 and var next)
        {
            length += next + 1;
            if (rest[length - 1] == Bell)
                return length;
            if (length < rest.Length && rest[length] == '\\')
                return length + 1;
        }

        return 0;
    }

    private static int LengthOfControlSequence(ReadOnlySpan<byte> rest)
    {
        var length = Count(rest, 0x30, 0x3F);
        length += Count(rest[length..], 0x20, 0x2F);
        return length < rest.Length && rest[length] is >= 0x40 and <= 0x7E ? length + 1 : length;
    }

    private static int Count(ReadOnlySpan<byte> bytes, byte low, byte high)
    {
        var count = bytes.IndexOfAnyExceptInRange(low, high);
        return count < 0 ? bytes.Length : count;
    }
}
