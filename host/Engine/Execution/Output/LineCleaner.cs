using System.Buffers;
using DelphiRunner.Engine.Security.Masking;

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

    private static readonly SearchValues<byte> Suspicious = SearchValues.Create([.. TerminalCodes.FirstBytes]);

    /// <summary>Cleans a line.</summary>
    /// <param name="line">The line's bytes.</param>
    /// <param name="cleaned">Takes the cleaned bytes, when there is something to clean.</param>
    /// <param name="isNew">Whether they may show a text that the search for secrets in the stream did not see, which leaves out less and adds nothing.</param>
    /// <returns>Whether <paramref name="cleaned"/> holds the line; otherwise it is clean as it is.</returns>
    public static bool TryClean(ReadOnlySpan<byte> line, ArrayBufferWriter<byte> cleaned, out bool isNew)
    {
        isNew = false;
        var length = line.Length;
        var next = line.IndexOfAny(Suspicious);
        if (next < 0)
            return false;
        var isAStringsEndAhead = true;
        while (next >= 0)
        {
            cleaned.Write(line[..next]);
            line = line[next..];
            isNew |= line is [(byte)'\t', ..] or [0xE2, 0x80, 0xA8 or 0xA9, ..] or [Escape, (byte)']' or (byte)'P' or (byte)'X' or (byte)'^' or (byte)'_', ..];
            line = line[Skip(line, cleaned, ref isAStringsEndAhead)..];
            next = line.IndexOfAny(Suspicious);
        }

        cleaned.Write(line);
        isNew |= length - cleaned.WrittenCount > SearchedText.MaxGap;
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
            case [0xE2, 0x80, 0xA8 or 0xA9, ..]:
                cleaned.Write(" "u8);
                return 3;
            case [Escape, (byte)']' or (byte)'P' or (byte)'X' or (byte)'^' or (byte)'_', ..]:
                // A string without an end would hide the rest of the line, so then only its beginning is removed.
                // Once none is found there is none for the others behind it: to look each time takes the square of the line's length.
                var length = isAStringsEndAhead ? LengthToStringsEnd(line[2..]) : 0;
                isAStringsEndAhead = length > 0;
                return 2 + length;
            default:
                return TerminalCodes.LengthAt(line, out _) is > 0 and var code ? code : TakeCharacter(line, cleaned);
        }
    }

    private static int TakeCharacter(ReadOnlySpan<byte> line, ArrayBufferWriter<byte> cleaned)
    {
        switch (line)
        {
            case [0xC2, >= 0x80 and <= 0xBF, ..]:
                cleaned.Write(line[..2]);
                return 2;
            case [0xE2, >= 0x80 and <= 0xBF, >= 0x80 and <= 0xBF, ..]:
                cleaned.Write(line[..3]);
                return 3;
            default:
                // Replaced here already: with what follows it behind a removed character it could become one of those above.
                cleaned.Write("\uFFFD"u8);
                return line is [0xE2, >= 0x80 and <= 0xBF, ..] ? 2 : 1;
        }
    }

    // ECMA-48: a string goes up to BEL or ESC \. Looks no further than the first end, whichever it is; 0 when there is none.
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
}
