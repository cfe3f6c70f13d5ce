using System.Buffers;
using System.Text;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>Rows as DynamoDB JSON, without loss, and as plain JSON for people and other programs.</summary>
internal static class RowJson
{
    /// <summary>Reads a row such as <c>{"job_id":{"S":"…"},…}</c>, also inside the <c>{"Item":…}</c> that <c>aws dynamodb get-item</c> prints.</summary>
    /// <remarks>Texts, the texts of numbers, and the order of the attributes are kept; white space between the values is not.</remarks>
    /// <exception cref="InvalidRowException">The text is no such row; the message says where, what is wrong, and what to do.</exception>
    public static JobRow Parse(string json)
    {
        byte[] bytes;
        try
        {
            bytes = JsonText.Strict.GetBytes(json);
        }
        catch (EncoderFallbackException half)
        {
            throw new InvalidRowException(
                $"The row holds half a surrogate pair (U+{(int)half.CharUnknown:X4}) at character {half.Index}. Write it as an escape, \\u{(int)half.CharUnknown:x4}.", half);
        }

        var row = new JobRow(new RowJsonReader(bytes).ReadRow());
        return row.Attributes.TryGetValue(JobAttributes.JobId, out var id) && id is { Kind: RowValueKind.S, Text.Length: > 0 }
            ? row
            : throw new InvalidRowException(
                "The row has no 'job_id', or one that is no text. Every row needs its key: add \"job_id\": {\"S\": \"…\"}.");
    }

    /// <summary>Writes a row as DynamoDB JSON on one line, so that <see cref="Parse"/> gives the same row.</summary>
    public static string Write(JobRow row)
    {
        var output = new ArrayBufferWriter<byte>();
        RowJsonWriter.WriteAttributes(output, row.Attributes);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Writes a value as plain JSON: numbers as numbers, maps and lists as they are, sets as arrays, binary data as base64 text.</summary>
    public static string ToPlainJson(RowValue value)
    {
        var output = new ArrayBufferWriter<byte>();
        PlainJson.Write(output, value);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Writes a row as a plain JSON object with its attributes' stored names.</summary>
    /// <param name="row">The row.</param>
    /// <param name="parseTexts">Whether the attributes that hold JSON as text appear as that JSON, where it is valid.</param>
    public static string ToPlainJson(JobRow row, bool parseTexts)
    {
        var output = new ArrayBufferWriter<byte>();
        PlainJson.Write(output, row, parseTexts);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Reads plain JSON as a value: objects become maps, arrays lists; the texts of numbers are kept.</summary>
    /// <exception cref="InvalidRowException">The text is not JSON.</exception>
    public static RowValue FromPlainJson(string json) => PlainJson.Read(json);
}
