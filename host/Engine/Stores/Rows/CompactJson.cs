using System.Buffers;
using System.Text.Json;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>JSON without the white space between its tokens; the tokens themselves are copied as they are.</summary>
internal static class CompactJson
{
    /// <summary>Copies the JSON value that begins at the reader's token, without the white space between its tokens.</summary>
    public static void Copy(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        var depth = reader.CurrentDepth;
        var needsComma = false;
        do
        {
            var ends = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
            if (needsComma && !ends)
            {
                output.Write(","u8);
            }

            CopyToken(ref reader, output);
            needsComma = reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName);
        }
        while ((reader.CurrentDepth > depth || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.Read());
    }

    private static void CopyToken(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                output.Write("\""u8);
                output.Write(reader.ValueSpan);
                output.Write("\":"u8);
                break;
            case JsonTokenType.String:
                output.Write("\""u8);
                output.Write(reader.ValueSpan);
                output.Write("\""u8);
                break;
            default:
                output.Write(reader.ValueSpan);
                break;
        }
    }
}
