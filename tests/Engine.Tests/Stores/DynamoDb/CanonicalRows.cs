using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>Rows in one form of all that are equal to DynamoDB, which writes numbers in its own way and keeps no order in maps and sets.</summary>
internal static class CanonicalRows
{
    public static JobRow Of(JobRow row) => new(row.Attributes.ToDictionary(attribute => attribute.Key, attribute => Of(attribute.Value)));

    private static RowValue Of(RowValue value) => value.Kind switch
    {
        RowValueKind.N => value with { Text = Number(value.Text) },
        RowValueKind.M or RowValueKind.L => value with { Text = Sorted(JsonNode.Parse(value.Text))!.ToJsonString() },
        RowValueKind.SS or RowValueKind.BS => value with { Text = Set(value.Text, text => text) },
        RowValueKind.NS => value with { Text = Set(value.Text, Number) },
        _ => value,
    };

    private static string Set(string json, Func<string, string> canonical) =>
        string.Join(',', JsonNode.Parse(json)!.AsArray().Select(item => canonical(item!.GetValue<string>())).Order(StringComparer.Ordinal));

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject { Count: 1 } tagged when tagged["N"] is JsonValue number => new JsonObject { ["N"] = Number(number.GetValue<string>()) },
        JsonObject map => new JsonObject(map.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => KeyValuePair.Create(item.Key, Sorted(item.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        null => null,
        _ => node.DeepClone(),
    };

    /// <summary>Digits without idle zeros, and their exponent.</summary>
    private static string Number(string text)
    {
        var parts = text.ToLowerInvariant().Split('e');
        var exponent = parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        exponent -= point < 0 ? 0 : parts[0].Length - point - 1;
        var digits = BigInteger.Parse(parts[0].Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        while (!digits.IsZero && digits % 10 == 0)
        {
            digits /= 10;
            exponent++;
        }

        return digits.IsZero ? "0" : string.Create(CultureInfo.InvariantCulture, $"{digits}e{exponent}");
    }
}
