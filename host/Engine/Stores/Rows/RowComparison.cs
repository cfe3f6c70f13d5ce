using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>Tells whether two rows are the same, also where one store has written a value in another way: numbers by value, maps and sets in any order.</summary>
internal static class RowComparison
{
    /// <summary>The names of the attributes that differ, in order; empty for equal rows.</summary>
    public static IReadOnlyList<string> Differences(JobRow left, JobRow right) =>
    [
        .. left.Attributes.Keys.Union(right.Attributes.Keys)
            .Where(name => !(left.Raw(name) is { } one && right.Raw(name) is { } other && AreEqual(one, other)))
            .Order(StringComparer.Ordinal),
    ];

    private static bool AreEqual(RowValue left, RowValue right)
    {
        if (left == right || left.Kind != right.Kind)
        {
            return left == right;
        }

        switch (left.Kind)
        {
            case RowValueKind.N:
                return Number(left.Text) == Number(right.Text);
            case RowValueKind.S or RowValueKind.BOOL or RowValueKind.NULL:
                return false;
            default:
                return HoldEqualJson(left, right);
        }
    }

    private static bool HoldEqualJson(RowValue left, RowValue right)
    {
        try
        {
            using var one = JsonDocument.Parse(left.Text);
            using var other = JsonDocument.Parse(right.Text);
            return AreEqual(left.Kind, one.RootElement, other.RootElement);
        }
        catch (InvalidOperationException)
        {
            // A name that is no Unicode: only the same bytes would have been equal.
            return false;
        }
    }

    private static bool AreEqual(RowValueKind kind, JsonElement left, JsonElement right) => kind switch
    {
        RowValueKind.N => Number(TextOf(left)) == Number(TextOf(right)),
        RowValueKind.M => HaveEqualMembers(left, right),
        RowValueKind.L => left.GetArrayLength() == right.GetArrayLength() && left.EnumerateArray().Zip(right.EnumerateArray()).All(pair => AreEqualTagged(pair.First, pair.Second)),
        RowValueKind.SS or RowValueKind.BS => Sorted(left, text => text).SequenceEqual(Sorted(right, text => text)),
        RowValueKind.NS => Sorted(left, Number).SequenceEqual(Sorted(right, Number)),
        RowValueKind.BOOL or RowValueKind.NULL => left.ValueKind == right.ValueKind,
        _ => TextOf(left) == TextOf(right),
    };

    private static bool HaveEqualMembers(JsonElement left, JsonElement right)
    {
        var members = right.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);
        return left.EnumerateObject().Count() == members.Count
            && left.EnumerateObject().All(member => members.TryGetValue(member.Name, out var other) && AreEqualTagged(member.Value, other));
    }

    private static bool AreEqualTagged(JsonElement left, JsonElement right)
    {
        var one = left.EnumerateObject().Single();
        var other = right.EnumerateObject().Single();
        return one.Name == other.Name && AreEqual(Enum.Parse<RowValueKind>(one.Name), one.Value, other.Value);
    }

    private static IEnumerable<string> Sorted(JsonElement set, Func<string, string> canonical) =>
        set.EnumerateArray().Select(element => canonical(TextOf(element))).Order(StringComparer.Ordinal);

    // A text with half a surrogate pair is no Unicode, but its escape tells it from others.
    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return element.GetRawText();
        }
    }

    /// <summary>One form of all texts of a number: its digits without idle zeros, and their exponent.</summary>
    private static string Number(string text)
    {
        var parts = text.Split('e', 'E');
        var exponent = parts.Length > 1 && int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power) ? power : 0;
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        exponent -= point < 0 ? 0 : parts[0].Length - point - 1;
        if (!BigInteger.TryParse(
            parts[0].Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var digits))
        {
            return text;
        }

        while (!digits.IsZero && digits % 10 == 0)
        {
            digits /= 10;
            exponent++;
        }

        return digits.IsZero ? "0" : string.Create(CultureInfo.InvariantCulture, $"{digits}e{exponent}");
    }
}
