using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>Values as the JSON that they stand for, without DynamoDB's type tags.</summary>
internal static class PlainJson
{
    /// <summary>The attributes in which the existing writers store JSON as text.</summary>
    private static readonly FrozenSet<string> HoldsJson = FrozenSet.ToFrozenSet(
        [JobAttributes.JobConfig, JobAttributes.JobResults, JobAttributes.Logs, "environment", JobAttributes.Attempts], StringComparer.Ordinal);

    public static void Write(IBufferWriter<byte> output, JobRow row, bool parseTexts)
    {
        var next = "{"u8;
        foreach (var (name, value) in row.Attributes)
        {
            output.Write(next);
            next = ","u8;
            JsonText.WriteQuoted(output, name);
            output.Write(":"u8);
            if (!(parseTexts && value.Kind == RowValueKind.S && HoldsJson.Contains(name) && TryWriteParsed(output, value.Text)))
            {
                Write(output, value);
            }
        }

        output.Write(row.Attributes.Count == 0 ? "{}"u8 : "}"u8);
    }

    public static void Write(IBufferWriter<byte> output, RowValue value)
    {
        switch (value.Kind)
        {
            case RowValueKind.S:
                JsonText.WriteQuoted(output, value.Text);
                break;
            case RowValueKind.N:
                WriteNumber(output, value.Text);
                break;
            case RowValueKind.BOOL:
                Encoding.UTF8.GetBytes(value.Text, output);
                break;
            case RowValueKind.NULL:
                output.Write("null"u8);
                break;
            default:
                var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(value.Text), RowJsonReader.Options);
                reader.Read();
                WriteBehindTag(output, ref reader, value.Kind);
                break;
        }
    }

    /// <exception cref="InvalidRowException">The text is not JSON.</exception>
    public static RowValue Read(string json)
    {
        try
        {
            var tagged = new ArrayBufferWriter<byte>();
            var reader = new Utf8JsonReader(JsonText.Strict.GetBytes(json), RowJsonReader.Options);
            reader.Read();
            WriteTagged(tagged, ref reader);
            reader.Read();
            return new RowJsonReader(tagged.WrittenSpan).ReadOnlyValue();
        }
        catch (Exception bad) when (bad is JsonException or EncoderFallbackException)
        {
            throw new InvalidRowException($"The value is not JSON: {bad.Message}. Give an object, an array or a single value.", bad);
        }
    }

    private static bool TryWriteParsed(IBufferWriter<byte> output, string text)
    {
        var compact = new ArrayBufferWriter<byte>(Math.Max(1, text.Length));
        try
        {
            var reader = new Utf8JsonReader(JsonText.Strict.GetBytes(text), RowJsonReader.Options);
            reader.Read();
            CompactJson.Copy(ref reader, compact);
            reader.Read();
        }
        catch (Exception notJson) when (notJson is JsonException or EncoderFallbackException)
        {
            return false;
        }

        output.Write(compact.WrittenSpan);
        return true;
    }

    private static void WriteTagged(IBufferWriter<byte> output, ref Utf8JsonReader reader)
    {
        var (kind, closing) = reader.TokenType switch
        {
            JsonTokenType.StartObject => (RowValueKind.M, (byte)'}'),
            JsonTokenType.StartArray => (RowValueKind.L, (byte)']'),
            JsonTokenType.String => (RowValueKind.S, (byte)'"'),
            JsonTokenType.Number => (RowValueKind.N, (byte)'"'),
            JsonTokenType.Null => (RowValueKind.NULL, default),
            _ => (RowValueKind.BOOL, default),
        };
        output.Write("{\""u8);
        output.Write(RowJsonWriter.Tag(kind));
        output.Write("\":"u8);
        switch (kind)
        {
            case RowValueKind.M or RowValueKind.L:
                WriteTaggedChildren(output, ref reader, closing);
                break;
            case RowValueKind.S or RowValueKind.N:
                output.Write([(byte)'"', .. reader.ValueSpan, closing]);
                break;
            default:
                output.Write(kind == RowValueKind.NULL ? "true"u8 : reader.ValueSpan);
                break;
        }

        output.Write("}"u8);
    }

    private static void WriteTaggedChildren(IBufferWriter<byte> output, ref Utf8JsonReader reader, byte closing)
    {
        output.Write([closing == '}' ? (byte)'{' : (byte)'[']);
        var first = true;
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            if (!first)
            {
                output.Write(","u8);
            }

            first = false;
            CopyName(output, ref reader);
            WriteTagged(output, ref reader);
        }

        output.Write([closing]);
    }

    private static void WriteBehindTag(IBufferWriter<byte> output, ref Utf8JsonReader reader, RowValueKind kind)
    {
        switch (kind)
        {
            case RowValueKind.N or RowValueKind.NS when reader.TokenType == JsonTokenType.String:
                WriteNumber(output, JsonText.Unescape(reader.ValueSpan));
                break;
            case RowValueKind.NULL:
                output.Write("null"u8);
                break;
            case RowValueKind.M or RowValueKind.L or RowValueKind.SS or RowValueKind.NS or RowValueKind.BS
                when reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray:
                WriteChildren(output, ref reader, kind);
                break;
            default:
                CompactJson.Copy(ref reader, output);
                break;
        }
    }

    private static void WriteChildren(IBufferWriter<byte> output, ref Utf8JsonReader reader, RowValueKind kind)
    {
        output.Write(kind == RowValueKind.M ? "{"u8 : "["u8);
        var first = true;
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            if (!first)
            {
                output.Write(","u8);
            }

            first = false;
            CopyName(output, ref reader);
            if (kind is RowValueKind.M or RowValueKind.L)
            {
                WriteUntagged(output, ref reader);
            }
            else
            {
                WriteBehindTag(output, ref reader, kind);
            }
        }

        output.Write(kind == RowValueKind.M ? "}"u8 : "]"u8);
    }

    private static void WriteUntagged(IBufferWriter<byte> output, ref Utf8JsonReader reader)
    {
        reader.Read();
        var kind = Enum.Parse<RowValueKind>(reader.GetString()!); // A property name is never null.
        reader.Read();
        WriteBehindTag(output, ref reader, kind);
        reader.Read();
    }

    private static void CopyName(IBufferWriter<byte> output, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            output.Write("\""u8);
            output.Write(reader.ValueSpan);
            output.Write("\":"u8);
            reader.Read();
        }
    }

    /// <summary>Writes a number's own text where JSON has it so; DynamoDB also takes a plus sign, leading zeros and a bare point.</summary>
    private static void WriteNumber(IBufferWriter<byte> output, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            var reader = new Utf8JsonReader(bytes);
            reader.Read();
            reader.Read();
            output.Write(bytes);
        }
        catch (JsonException)
        {
            if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture), output);
            }
            else
            {
                JsonText.WriteQuoted(output, text);
            }
        }
    }
}
