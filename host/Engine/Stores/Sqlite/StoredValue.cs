using System.Buffers;
using System.Globalization;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A row's value as a column holds it, so that its kind survives and equal values are equal for SQLite's <c>IS</c>.</summary>
/// <remarks>
/// A text is TEXT, a whole number in its usual form is INTEGER, a missing attribute is NULL; everything else (<c>1.0</c>, booleans, maps,
/// texts that UTF-8 or C cannot carry) is a BLOB with its DynamoDB JSON.
/// </remarks>
internal readonly struct StoredValue
{
    private static readonly byte[] True = "{\"BOOL\":true}"u8.ToArray();
    private static readonly byte[] False = "{\"BOOL\":false}"u8.ToArray();

    public string? Text { get; private init; }

    public long? Integer { get; private init; }

    public byte[]? Blob { get; private init; }

    public static StoredValue OfText(string text) => Of(RowValue.OfText(text));

    /// <exception cref="InvalidRowException">The value's text does not fit its kind.</exception>
    public static StoredValue Of(RowValue? value)
    {
        if (value is not { } present)
        {
            return default;
        }

        return present.Kind switch
        {
            RowValueKind.S when JsonText.IsPlain(present.Text) => new StoredValue { Text = present.Text },
            RowValueKind.N when TryWhole(present.Text, out var whole) => new StoredValue { Integer = whole },
            RowValueKind.BOOL when present.Text is "true" => new StoredValue { Blob = True },
            RowValueKind.BOOL when present.Text is "false" => new StoredValue { Blob = False },
            _ => new StoredValue { Blob = ToJson(RowValues.Checked(present)) },
        };
    }

    public static RowValue FromBlob(ReadOnlySpan<byte> json) =>
        json.SequenceEqual(True) ? RowValue.OfBoolean(true)
        : json.SequenceEqual(False) ? RowValue.OfBoolean(false)
        : new RowJsonReader(json).ReadOnlyValue();

    private static bool TryWhole(string text, out long whole) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole) && IsUsualForm(text);

    private static bool IsUsualForm(string text) =>
        text == "0" || text[0] is >= '1' and <= '9' || (text is ['-', >= '1' and <= '9', ..]);

    private static byte[] ToJson(RowValue value)
    {
        var json = new ArrayBufferWriter<byte>();
        RowJsonWriter.WriteValue(json, value);
        return json.WrittenSpan.ToArray();
    }
}
