using System.Globalization;
using System.Text;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Data.Sqlite;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>What SQL asks C#, so that both read a row's values in the same way.</summary>
internal static class RowFunctions
{
    public static void Register(SqliteConnection connection)
    {
        connection.CreateFunction<object?, long>("next_version", value => RowVersion.After(ValueOf(value)), isDeterministic: true);
        connection.CreateFunction<object?, string?>("value_text", value => TextOf(ValueOf(value)), isDeterministic: true);
        connection.CreateFunction<string?, string, string?>(
            "attribute_text",
            (others, name) => others is not null && JobTable.ReadOther(Encoding.UTF8.GetBytes(others)).TryGetValue(name, out var value) ? TextOf(value) : null,
            isDeterministic: true);
    }

    /// <summary>The text that two rows are compared by; empty, null and missing are the same.</summary>
    private static string? TextOf(RowValue? value) => value switch
    {
        null or { Kind: RowValueKind.NULL } or { Text.Length: 0 } => null,
        { } present => present.Text,
    };

    private static RowValue? ValueOf(object? column) => column switch
    {
        string text => RowValue.OfText(text),
        long whole => new RowValue(RowValueKind.N, whole.ToString(CultureInfo.InvariantCulture)),
        byte[] json => StoredValue.FromBlob(json),
        _ => null,
    };
}
