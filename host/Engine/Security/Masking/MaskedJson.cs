using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>Masks JSON so that it stays JSON: text by text, since a mark over the whole could cover a quotation mark or a bracket.</summary>
internal sealed class MaskedJson
{
    /// <summary>The only key of an object that stands for JSON in which a secret goes over several texts.</summary>
    public const string TextKey = "masked";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly SecretMasker _masker;
    private readonly Utf8JsonWriter _writer;
    private int _maskedNames;

    private MaskedJson(SecretMasker masker, Utf8JsonWriter writer) => (_masker, _writer) = (masker, writer);

    /// <summary>Masks the names, texts and numbers of a JSON text.</summary>
    /// <param name="json">The text. One that is no JSON is masked as any text is.</param>
    /// <param name="masker">What to mask.</param>
    /// <returns>JSON without a secret: the same text when there is nothing to mask in it.</returns>
    public static string Of(string json, SecretMasker masker)
    {
        if (masker.Longest == 0)
            return json;
        try
        {
            var masked = MaskTexts(json, masker);
            // A secret that is JSON itself, or several lines of one, is in no single text.
            return masker.Mask(masked) is var text && text == masked ? masked : JsonSerializer.Serialize(new Dictionary<string, string> { [TextKey] = text });
        }
        catch (JsonException)
        {
            return masker.Mask(json);
        }
    }

    private static string MaskTexts(string json, SecretMasker masker)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        var changed = new MaskedJson(masker, writer).Write(Encoding.UTF8.GetBytes(json));
        writer.Flush();
        return changed ? Encoding.UTF8.GetString(buffer.WrittenSpan) : json;
    }

    /// <returns>Whether there was something to mask.</returns>
    private bool Write(ReadOnlySpan<byte> json)
    {
        var changed = false;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    _writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    _writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    _writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    _writer.WriteEndArray();
                    break;
                case JsonTokenType.PropertyName:
                    changed |= WriteName(TextOf(ref reader));
                    break;
                case JsonTokenType.String:
                    changed |= WriteText(TextOf(ref reader));
                    break;
                default:
                    changed |= WriteLiteral(Encoding.UTF8.GetString(reader.ValueSpan));
                    break;
            }
        }

        return changed;
    }

    // Half a surrogate pair is JSON and no text; then the escapes stay as they are written.
    private static string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!; // Names and strings are texts.
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    // Two names of one object may not become the same.
    private bool WriteName(string name)
    {
        var masked = _masker.Mask(name);
        var changed = masked != name;
        _writer.WritePropertyName(changed && ++_maskedNames > 1 ? string.Create(CultureInfo.InvariantCulture, $"{masked} ({_maskedNames})") : masked);
        return changed;
    }

    private bool WriteText(string text)
    {
        var masked = _masker.Mask(text);
        _writer.WriteStringValue(masked);
        return masked != text;
    }

    // A number that is a secret has no mark that is a number.
    private bool WriteLiteral(string literal)
    {
        var masked = _masker.Mask(literal);
        if (masked != literal)
            _writer.WriteStringValue(masked);
        else
            _writer.WriteRawValue(literal, skipInputValidation: true);
        return masked != literal;
    }
}
