using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>Masks JSON so that it stays JSON: text by text, since a mark over the whole could cover a quotation mark or a bracket.</summary>
internal static class MaskedJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Masks the names, texts and numbers of a JSON text.</summary>
    /// <param name="json">The text. One that is no JSON is masked as any text is.</param>
    /// <param name="masker">What to mask.</param>
    /// <returns>The same text when there is nothing to mask in it.</returns>
    public static string Of(string json, SecretMasker masker)
    {
        var masked = masker.Mask(json);
        if (masked == json)
            return json;
        try
        {
            var buffer = new ArrayBufferWriter<byte>(json.Length);
            using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
                Write(Encoding.UTF8.GetBytes(json), writer, masker);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (JsonException)
        {
            return masked;
        }
    }

    private static void Write(ReadOnlySpan<byte> json, Utf8JsonWriter writer, SecretMasker masker)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    break;
                case JsonTokenType.PropertyName:
                    writer.WritePropertyName(masker.Mask(reader.GetString()!)); // A name is a text.
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(masker.Mask(reader.GetString()!)); // So is this.
                    break;
                default:
                    WriteLiteral(Encoding.UTF8.GetString(reader.ValueSpan), writer, masker);
                    break;
            }
        }
    }

    // A number that is a secret has no mark that is a number.
    private static void WriteLiteral(string literal, Utf8JsonWriter writer, SecretMasker masker)
    {
        var masked = masker.Mask(literal);
        if (masked == literal)
            writer.WriteRawValue(literal, skipInputValidation: true);
        else
            writer.WriteStringValue(masked);
    }
}
