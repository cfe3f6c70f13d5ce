namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The attribute types of a row, by the names that DynamoDB gives them.</summary>
internal enum RowValueKind
{
    S,
    N,
    BOOL,
    NULL,
    M,
    L,
    B,
    SS,
    NS,
    BS,
}

/// <summary>One attribute of a row, kept so that it can be written back byte for byte.</summary>
/// <remarks>
/// <see cref="Text"/> is the text itself for <see cref="RowValueKind.S"/>, the number's own text for <see cref="RowValueKind.N"/>,
/// <c>true</c> or <c>false</c> for the two booleans, and for all other kinds the JSON that stands behind the kind in DynamoDB JSON.
/// </remarks>
internal readonly record struct RowValue(RowValueKind Kind, string Text)
{
    public static RowValue OfText(string text) => new(RowValueKind.S, text);

    public static RowValue OfNumber(long number) => new(RowValueKind.N, number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static RowValue OfBoolean(bool value) => new(RowValueKind.BOOL, value ? "true" : "false");
}
