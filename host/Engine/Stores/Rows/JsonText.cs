using System.Buffers;
using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>Texts inside JSON, without loss: half a surrogate pair and a NUL, which no UTF-8 text carries safely, travel as escapes.</summary>
internal static class JsonText
{
    /// <summary>Refuses half a surrogate pair instead of replacing it.</summary>
    public static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    /// <summary>Writes a text with its quotes.</summary>
    public static void WriteQuoted(IBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var plain = PlainLength(rest);
            if (plain > 0)
            {
                Encoding.UTF8.GetBytes(rest[..plain], output);
            }

            if (plain == rest.Length)
            {
                break;
            }

            WriteEscape(output, rest[plain]);
            rest = rest[(plain + 1)..];
        }

        output.Write("\""u8);
    }

    /// <summary>Reads what stands between the quotes of a valid JSON string.</summary>
    public static string Unescape(ReadOnlySpan<byte> escaped)
    {
        if (escaped.IndexOf((byte)'\\') < 0)
        {
            return Encoding.UTF8.GetString(escaped);
        }

        var text = new StringBuilder(escaped.Length);
        while (!escaped.IsEmpty)
        {
            var plain = escaped.IndexOf((byte)'\\');
            plain = plain < 0 ? escaped.Length : plain;
            text.Append(Encoding.UTF8.GetString(escaped[..plain]));
            escaped = escaped[plain..];
            if (!escaped.IsEmpty)
            {
                text.Append(ReadEscape(escaped, out var length));
                escaped = escaped[length..];
            }
        }

        return text.ToString();
    }

    /// <summary>Replaces every half of a surrogate pair in JSON, written out or as an escape, which readers of JSON refuse; Python writes them for bytes that are no text.</summary>
    public static string ReplaceHalfPairs(string json)
    {
        if (!json.Contains("\\ud", StringComparison.OrdinalIgnoreCase) && FirstHalfSurrogate(json) == json.Length)
        {
            return json;
        }

        var text = new StringBuilder(json);
        for (var at = 0; at < text.Length;)
        {
            var (first, length) = UnitAt(text, at);
            if (!char.IsSurrogate(first))
            {
                at += length;
                continue;
            }

            if (at + length < text.Length && UnitAt(text, at + length) is var (second, secondLength) && char.IsSurrogatePair(first, second))
            {
                at += length + secondLength;
                continue;
            }

            text.Remove(at, length).Insert(at, '\uFFFD');
            at++;
        }

        return text.ToString();
    }

    /// <summary>Tells whether a text is UTF-8 without a NUL, so that any store takes it as it is.</summary>
    public static bool IsPlain(string text) =>
        !text.Contains('\0', StringComparison.Ordinal) && FirstHalfSurrogate(text) == text.Length;

    // One unit of UTF-16, and how many characters of JSON it is written with.
    private static (char Unit, int Length) UnitAt(StringBuilder json, int at)
    {
        if (json[at] != '\\' || at + 1 == json.Length)
        {
            return (json[at], 1);
        }

        return json[at + 1] == 'u' && at + 6 <= json.Length
            && ushort.TryParse(json.ToString(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? ((char)unit, 6)
            : (json[at + 1], 2);
    }

    private static int PlainLength(ReadOnlySpan<char> text)
    {
        var escaped = text.IndexOfAny(Escaped);
        return FirstHalfSurrogate(escaped < 0 ? text : text[..escaped]);
    }

    private static int FirstHalfSurrogate(ReadOnlySpan<char> text)
    {
        var start = 0;
        while (text[start..].IndexOfAnyInRange('\ud800', '\udfff') is var offset and >= 0)
        {
            var at = start + offset;
            if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                return at;
            }

            start = at + 2;
        }

        return text.Length;
    }

    private static void WriteEscape(IBufferWriter<byte> output, char value)
    {
        var shortForm = value switch
        {
            '"' => "\\\""u8,
            '\\' => "\\\\"u8,
            '\b' => "\\b"u8,
            '\t' => "\\t"u8,
            '\n' => "\\n"u8,
            '\f' => "\\f"u8,
            '\r' => "\\r"u8,
            _ => default,
        };
        if (!shortForm.IsEmpty)
        {
            output.Write(shortForm);
            return;
        }

        Span<byte> hex = stackalloc byte[6];
        "\\u"u8.CopyTo(hex);
        ((int)value).TryFormat(hex[2..], out _, "x4", CultureInfo.InvariantCulture);
        output.Write(hex);
    }

    private static char ReadEscape(ReadOnlySpan<byte> escaped, out int length)
    {
        length = escaped[1] == 'u' ? 6 : 2;
        return (char)escaped[1] switch
        {
            'b' => '\b',
            't' => '\t',
            'n' => '\n',
            'f' => '\f',
            'r' => '\r',
            'u' => (char)ushort.Parse(escaped.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            var other => other,
        };
    }
}
