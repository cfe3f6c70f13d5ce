using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>The rules by which programs escape a text.</summary>
[Flags]
internal enum EscapeKinds
{
    None = 0,

    /// <summary>JSON, shells and the literals of programming languages: <c>\"</c>, <c>\n</c>, <c>\u00fc</c>, <c>\U0001f600</c>, <c>\xfc</c>, <c>\374</c>.</summary>
    Backslash = 1,

    /// <summary>URLs: <c>%FC</c>.</summary>
    Percent = 2,
}

/// <summary>One character, or byte, as a program wrote it by the rules of JSON, a shell or a URL.</summary>
/// <param name="Length">How many bytes it is written with; 0 when it is no escape.</param>
/// <param name="Meant">How many bytes it stands for, 4 at most.</param>
/// <param name="IsCutOff">Whether only what follows the text could tell.</param>
internal readonly record struct Escape(int Length, int Meant, bool IsCutOff)
{
    private static readonly Escape CutOff = new(0, 0, IsCutOff: true);
    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>Reads what stands at the beginning of a text.</summary>
    /// <param name="text">The text, which begins with a backslash or a percent sign.</param>
    /// <param name="meant">Takes the bytes that it stands for; room for 4.</param>
    public static Escape Read(ReadOnlySpan<byte> text, Span<byte> meant) => text switch
    {
        [_] => CutOff,
        [(byte)'%', ..] => ReadHex(text, 1, 2, meant),
        [_, (byte)'u', ..] => ReadUtf16(text, meant),
        [_, (byte)'U', ..] => ReadUtf32(text, meant),
        [_, (byte)'x', ..] => ReadHex(text, 2, 2, meant) is var hex && hex != default ? hex : One(2, text[1], meant),
        [_, >= (byte)'0' and <= (byte)'3', >= (byte)'0' and <= (byte)'7', >= (byte)'0' and <= (byte)'7', ..] =>
            One(4, (byte)(((text[1] - '0') << 6) | ((text[2] - '0') << 3) | (text[3] - '0')), meant),
        [_, >= (byte)'0' and <= (byte)'3'] or [_, >= (byte)'0' and <= (byte)'3', >= (byte)'0' and <= (byte)'7'] => CutOff,
        [_, (byte)'n', ..] => One(2, (byte)'\n', meant),
        [_, (byte)'r', ..] => One(2, (byte)'\r', meant),
        [_, (byte)'t' or (byte)'b' or (byte)'f' or (byte)'v' or (byte)'a' or (byte)'e' or (byte)'E', ..] => One(2, 0, meant),
        [_, (byte)'\n' or (byte)'\r' or (>= (byte)' ' and <= (byte)'~'), ..] => One(2, text[1], meant),
        _ => default,
    };

    private static Escape One(int length, byte value, Span<byte> meant)
    {
        meant[0] = value;
        return new Escape(length, 1, IsCutOff: false);
    }

    private static Escape ReadHex(ReadOnlySpan<byte> text, int start, int digits, Span<byte> meant)
    {
        if (TryReadHex(text, start, digits, out var value))
            return One(start + digits, (byte)value, meant);
        return IsHexToItsEnd(text, start, digits) ? CutOff : default;
    }

    private static Escape ReadUtf16(ReadOnlySpan<byte> text, Span<byte> meant)
    {
        if (!TryReadHex(text, 2, 4, out var first))
            return IsHexToItsEnd(text, 2, 4) ? CutOff : One(2, text[1], meant);
        if (!char.IsHighSurrogate((char)first))
            return new Escape(6, (Rune.TryCreate((char)first, out var rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(meant), IsCutOff: false);
        if (text.Length < 12 && (text.Length == 6 || (text[6] == '\\' && (text.Length == 7 || (text[7] == 'u' && IsHexToItsEnd(text, 8, 4))))))
            return CutOff;
        return text[6..] is [(byte)'\\', (byte)'u', ..] && TryReadHex(text, 8, 4, out var second) && Rune.TryCreate((char)first, (char)second, out var pair)
            ? new Escape(12, pair.EncodeToUtf8(meant), IsCutOff: false)
            : new Escape(6, Rune.ReplacementChar.EncodeToUtf8(meant), IsCutOff: false);
    }

    private static Escape ReadUtf32(ReadOnlySpan<byte> text, Span<byte> meant)
    {
        if (!TryReadHex(text, 2, 8, out var value))
            return IsHexToItsEnd(text, 2, 8) ? CutOff : One(2, text[1], meant);
        return new Escape(10, (Rune.TryCreate(value, out var rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(meant), IsCutOff: false);
    }

    private static bool TryReadHex(ReadOnlySpan<byte> text, int start, int digits, out int value)
    {
        value = 0;
        return text.Length >= start + digits
            && Utf8Parser.TryParse(text.Slice(start, digits), out value, out var read, standardFormat: 'x') && read == digits;
    }

    private static bool IsHexToItsEnd(ReadOnlySpan<byte> text, int start, int digits) =>
        text.Length < start + digits && !text[start..].ContainsAnyExcept(HexDigits);
}
