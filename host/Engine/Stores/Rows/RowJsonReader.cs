using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>Reads DynamoDB JSON strictly: each value is an object with exactly one type tag, and every text is kept as it is.</summary>
internal ref struct RowJsonReader(ReadOnlySpan<byte> json)
{
    /// <summary>DynamoDB nests values 32 deep; each level is two of JSON.</summary>
    public static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("+-.0123456789eE");

    private readonly ReadOnlySpan<byte> _json = json;
    private Utf8JsonReader _reader = new(json, Options);

    /// <summary>Reads the attributes of one row, or of the row inside <c>Item</c>.</summary>
    public Dictionary<string, RowValue> ReadRow()
    {
        try
        {
            Next();
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                throw Wrong($"a row is a JSON object, not {Seen()}", "Give one row as {\"job_id\": {\"S\": \"…\"}, …}.");
            }

            EnterItem();
            var attributes = ReadAttributes();
            ReadEnd();
            return attributes;
        }
        catch (JsonException bad)
        {
            throw NotJson(bad);
        }
    }

    /// <summary>Reads an object of attributes, whatever their names.</summary>
    public Dictionary<string, RowValue> ReadOnlyAttributes()
    {
        try
        {
            Next();
            var attributes = ReadAttributes();
            ReadEnd();
            return attributes;
        }
        catch (JsonException bad)
        {
            throw NotJson(bad);
        }
    }

    /// <summary>Reads one value such as <c>{"S":"…"}</c>.</summary>
    public RowValue ReadOnlyValue()
    {
        try
        {
            Next();
            var value = ReadValue("value");
            ReadEnd();
            return value;
        }
        catch (JsonException bad)
        {
            throw NotJson(bad);
        }
    }

    private void EnterItem()
    {
        var ahead = _reader;
        var itemAt = default(Utf8JsonReader);
        var found = false;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            if (ahead.ValueTextEquals(JobAttributes.JobId))
            {
                return;
            }

            var isItem = ahead.ValueTextEquals("Item"u8);
            var isItems = ahead.ValueTextEquals("Items"u8);
            ahead.Read();
            if (isItems && ahead.TokenType == JsonTokenType.StartArray)
            {
                throw Wrong("this is a list of rows ('Items')", "Give each row in a file of its own.");
            }

            if (isItem && ahead.TokenType == JsonTokenType.StartObject)
            {
                itemAt = ahead;
                found = true;
            }

            ahead.Skip();
        }

        if (found)
        {
            _reader = itemAt;
        }
    }

    private Dictionary<string, RowValue> ReadAttributes()
    {
        var attributes = new Dictionary<string, RowValue>(StringComparer.Ordinal);
        while (Next() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Unescape(_reader.ValueSpan);
            if (attributes.ContainsKey(name))
            {
                throw Wrong($"attribute '{name}' stands there twice", "Keep one of the two.");
            }

            Next();
            attributes.Add(name, ReadValue(name));
        }

        return attributes;
    }

    private RowValue ReadValue(string name)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong($"attribute '{name}' is {Seen()}, not an object with one type tag", $"Write it as {{\"S\": \"…\"}}, {{\"N\": \"1\"}} and so on.");
        }

        Next();
        if (_reader.TokenType != JsonTokenType.PropertyName)
        {
            throw Wrong($"attribute '{name}' has no type tag", "Write it as {\"S\": \"…\"}, {\"N\": \"1\"} and so on.");
        }

        var kind = ReadTag(name);
        Next();
        var value = new RowValue(kind, ReadBehindTag(name, kind));
        Next();
        return _reader.TokenType == JsonTokenType.EndObject
            ? value
            : throw Wrong($"attribute '{name}' has a second type tag '{JsonText.Unescape(_reader.ValueSpan)}'", "Keep exactly one.");
    }

    private RowValueKind ReadTag(string name)
    {
        foreach (var kind in Enum.GetValues<RowValueKind>())
        {
            if (_reader.ValueTextEquals(RowJsonWriter.Tag(kind)))
            {
                return kind;
            }
        }

        throw Wrong(
            $"attribute '{name}' has the unknown type tag '{JsonText.Unescape(_reader.ValueSpan)}'", "Use one of S, N, BOOL, NULL, M, L, B, SS, NS, BS.");
    }

    private string ReadBehindTag(string name, RowValueKind kind) => kind switch
    {
        RowValueKind.S => ReadText(name, kind),
        RowValueKind.N => ReadNumber(name, kind),
        RowValueKind.BOOL or RowValueKind.NULL => ReadBoolean(name, kind),
        _ => ReadCompact(name, kind),
    };

    private readonly string ReadText(string name, RowValueKind kind) =>
        _reader.TokenType == JsonTokenType.String
            ? JsonText.Unescape(_reader.ValueSpan)
            : throw Wrong($"behind the tag {kind} of attribute '{name}' stands {Seen()}, not a text", "Put it in quotes.");

    private readonly string ReadNumber(string name, RowValueKind kind)
    {
        var text = ReadText(name, kind);
        return IsNumber(text)
            ? text
            : throw Wrong($"attribute '{name}' of type {kind} holds '{text}', which is no number", "Give a decimal number, or use the tag S.");
    }

    private readonly string ReadBoolean(string name, RowValueKind kind) => _reader.TokenType switch
    {
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => throw Wrong($"behind the tag {kind} of attribute '{name}' stands {Seen()}", "Write true or false, without quotes."),
    };

    private string ReadCompact(string name, RowValueKind kind)
    {
        var copied = _reader;
        Check(name, kind);
        var output = new ArrayBufferWriter<byte>();
        CompactJson.Copy(ref copied, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Reads over a map, list, set or binary value and refuses what is none.</summary>
    private void Check(string name, RowValueKind kind)
    {
        if (kind == RowValueKind.B)
        {
            CheckBase64(name, kind);
            return;
        }

        var opening = kind == RowValueKind.M ? JsonTokenType.StartObject : JsonTokenType.StartArray;
        if (_reader.TokenType != opening)
        {
            var rule = kind == RowValueKind.M ? "an object" : "an array";
            throw Wrong($"behind the tag {kind} of attribute '{name}' stands {Seen()}, not {rule}", $"Write {rule}.");
        }

        while (Next() && _reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            CheckElement(name, kind);
        }
    }

    private void CheckElement(string name, RowValueKind kind)
    {
        switch (kind)
        {
            case RowValueKind.M:
                var inner = $"{name}.{JsonText.Unescape(_reader.ValueSpan)}";
                Next();
                ReadValue(inner);
                break;
            case RowValueKind.L:
                ReadValue($"{name}[]");
                break;
            case RowValueKind.NS:
                ReadNumber(name, kind);
                break;
            case RowValueKind.BS:
                CheckBase64(name, kind);
                break;
            default:
                ReadText(name, kind);
                break;
        }
    }

    private readonly void CheckBase64(string name, RowValueKind kind)
    {
        if (!Base64.IsValid(Encoding.UTF8.GetBytes(ReadText(name, kind))))
        {
            throw Wrong($"attribute '{name}' of type {kind} is not base64", "Encode its bytes as base64.");
        }
    }

    private static bool IsNumber(string text) =>
        text.AsSpan().IndexOfAnyExcept(NumberCharacters) < 0
        && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _);

    private bool Next() => _reader.Read() ? true : throw Wrong("the text ends in the middle of the row", "Give the whole row.");

    /// <summary>Reads to the end of the text, closing an <c>Item</c> and what stands beside it; a second row is an error of JSON.</summary>
    private void ReadEnd()
    {
        while (_reader.Read())
        {
        }
    }

    private readonly string Seen() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "the end of an object or array",
    };

    private readonly InvalidRowException Wrong(string what, string todo)
    {
        var before = _json[..(int)Math.Min(_reader.TokenStartIndex, _json.Length)];
        var line = before.Count((byte)'\n') + 1;
        var column = before.Length - before.LastIndexOf((byte)'\n');
        return new InvalidRowException($"Row at line {line}, column {column}: {what}. {todo}");
    }

    private static InvalidRowException NotJson(JsonException bad)
    {
        var why = bad.Message.Split(" LineNumber:", 2)[0];
        return new InvalidRowException(
            $"Row at line {bad.LineNumber + 1}, column {bad.BytePositionInLine + 1}: not JSON: {why} Give one row in DynamoDB JSON, as 'aws dynamodb get-item' prints it.",
            bad);
    }
}
