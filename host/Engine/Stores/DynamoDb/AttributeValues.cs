using System.Buffers;
using System.Text;
using System.Text.Json;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Rows and their values as the SDK has them. What both can say is carried over without loss.</summary>
internal static class AttributeValues
{
    public static JobRow ToRow(IReadOnlyDictionary<string, AttributeValue> item)
    {
        var attributes = new Dictionary<string, RowValue>(item.Count, StringComparer.Ordinal);
        foreach (var (name, value) in item)
        {
            attributes.Add(name, ToRowValue(value));
        }

        return new JobRow(attributes);
    }

    /// <summary>Makes a text of the host's own, which may have been cut in the middle of a character.</summary>
    public static AttributeValue OfOwnText(string text) => new() { S = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) };

    public static AttributeValue OfNumber(long number) => FromRowValue(RowValue.OfNumber(number));

    /// <exception cref="InvalidRowException">The value is one that DynamoDB cannot hold.</exception>
    public static AttributeValue FromRowValue(string name, RowValue value)
    {
        try
        {
            return FromRowValue(RowValues.Checked(value));
        }
        catch (Exception exception) when (exception is InvalidRowException or EncoderFallbackException or JsonException or InvalidOperationException)
        {
            throw new InvalidRowException($"Attribute '{name}' cannot be stored. {exception.Message}", exception);
        }
    }

    private static AttributeValue FromRowValue(RowValue value)
    {
        if (value.Kind == RowValueKind.S)
        {
            // DynamoDB's texts are UTF-8, in which half a surrogate pair does not exist.
            JsonText.Strict.GetByteCount(value.Text);
            return new AttributeValue { S = value.Text };
        }

        if (value.Kind == RowValueKind.N)
        {
            return new AttributeValue { N = value.Text };
        }

        using var json = JsonDocument.Parse(value.Text);
        return FromJson(value.Kind, json.RootElement);
    }

    private static AttributeValue FromJson(RowValueKind kind, JsonElement json) => kind switch
    {
        RowValueKind.S => new AttributeValue { S = json.GetString() },
        RowValueKind.N => new AttributeValue { N = json.GetString() },
        RowValueKind.BOOL => new AttributeValue { BOOL = json.GetBoolean() },
        RowValueKind.NULL => new AttributeValue { NULL = true },
        RowValueKind.B => new AttributeValue { B = new MemoryStream(json.GetBytesFromBase64()) },
        RowValueKind.SS => new AttributeValue { SS = [.. json.EnumerateArray().Select(Text)] },
        RowValueKind.NS => new AttributeValue { NS = [.. json.EnumerateArray().Select(Text)] },
        RowValueKind.BS => new AttributeValue { BS = [.. json.EnumerateArray().Select(element => new MemoryStream(element.GetBytesFromBase64()))] },
        RowValueKind.L => new AttributeValue { L = [.. json.EnumerateArray().Select(FromTagged)], IsLSet = true },
        _ => new AttributeValue { M = json.EnumerateObject().ToDictionary(property => property.Name, property => FromTagged(property.Value)), IsMSet = true },
    };

    private static AttributeValue FromTagged(JsonElement tagged)
    {
        var property = tagged.EnumerateObject().Single();
        return FromJson(Enum.Parse<RowValueKind>(property.Name), property.Value);
    }

    private static string Text(JsonElement element) => element.GetString() ?? "";

    private static RowValue ToRowValue(AttributeValue value)
    {
        if (value.S is not null)
        {
            return RowValue.OfText(value.S);
        }

        if (value.N is not null)
        {
            return new RowValue(RowValueKind.N, value.N);
        }

        var json = new ArrayBufferWriter<byte>();
        var kind = KindOf(value);
        WriteJson(json, kind, value);
        return new RowValue(kind, Encoding.UTF8.GetString(json.WrittenSpan));
    }

    private static RowValueKind KindOf(AttributeValue value) => value switch
    {
        { S: not null } => RowValueKind.S,
        { N: not null } => RowValueKind.N,
        { IsBOOLSet: true } => RowValueKind.BOOL,
        { B: not null } => RowValueKind.B,
        { IsMSet: true } => RowValueKind.M,
        { IsLSet: true } => RowValueKind.L,
        { IsSSSet: true } => RowValueKind.SS,
        { IsNSSet: true } => RowValueKind.NS,
        { IsBSSet: true } => RowValueKind.BS,
        _ => RowValueKind.NULL,
    };

    private static void WriteJson(IBufferWriter<byte> json, RowValueKind kind, AttributeValue value)
    {
        switch (kind)
        {
            case RowValueKind.S:
                JsonText.WriteQuoted(json, value.S);
                break;
            case RowValueKind.N:
                JsonText.WriteQuoted(json, value.N);
                break;
            case RowValueKind.BOOL:
                json.Write(value.BOOL == true ? "true"u8 : "false"u8);
                break;
            case RowValueKind.B:
                JsonText.WriteQuoted(json, Convert.ToBase64String(value.B.ToArray()));
                break;
            case RowValueKind.M:
                WriteMap(json, value.M);
                break;
            case RowValueKind.L:
                WriteList(json, value.L, element => WriteTagged(json, element));
                break;
            case RowValueKind.SS:
                WriteList(json, value.SS, text => JsonText.WriteQuoted(json, text));
                break;
            case RowValueKind.NS:
                WriteList(json, value.NS, text => JsonText.WriteQuoted(json, text));
                break;
            case RowValueKind.BS:
                WriteList(json, value.BS, bytes => JsonText.WriteQuoted(json, Convert.ToBase64String(bytes.ToArray())));
                break;
            default:
                json.Write("true"u8);
                break;
        }
    }

    private static void WriteMap(IBufferWriter<byte> json, Dictionary<string, AttributeValue> map)
    {
        json.Write("{"u8);
        var first = true;
        foreach (var (name, value) in map)
        {
            json.Write(first ? ""u8 : ","u8);
            first = false;
            JsonText.WriteQuoted(json, name);
            json.Write(":"u8);
            WriteTagged(json, value);
        }

        json.Write("}"u8);
    }

    private static void WriteList<T>(IBufferWriter<byte> json, List<T> list, Action<T> write)
    {
        json.Write("["u8);
        for (var i = 0; i < list.Count; i++)
        {
            json.Write(i == 0 ? ""u8 : ","u8);
            write(list[i]);
        }

        json.Write("]"u8);
    }

    private static void WriteTagged(IBufferWriter<byte> json, AttributeValue value)
    {
        var kind = KindOf(value);
        json.Write("{\""u8);
        json.Write(RowJsonWriter.Tag(kind));
        json.Write("\":"u8);
        WriteJson(json, kind, value);
        json.Write("}"u8);
    }
}
