using System.Globalization;
using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Rows;

/// <summary>One value of a job's configuration, with where it stands. Text numbers and booleans count as what they say.</summary>
internal readonly record struct ConfigurationValue(string Where, JsonValueKind Kind, string Text)
{
    /// <summary>The value of a JSON property, or null where it says nothing: null and the empty text.</summary>
    public static ConfigurationValue? Of(string where, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => OfText(where, value.GetString()!),
        _ => new ConfigurationValue(where, value.ValueKind, value.GetRawText()),
    };

    public static ConfigurationValue? OfText(string where, string text) =>
        text.Length == 0 ? null : new ConfigurationValue(where, JsonValueKind.String, text);

    public string AsText() =>
        Kind is JsonValueKind.String or JsonValueKind.Number ? Text : throw Invalid("a text");

    public bool AsBoolean() => Kind is JsonValueKind.Object or JsonValueKind.Array
        ? throw Invalid("true or false")
        : Text.Trim().ToLowerInvariant() switch
        {
            "true" or "1" or "yes" or "on" => true,
            "false" or "0" or "no" or "off" => false,
            _ => throw Invalid("true or false"),
        };

    public long AsWhole(long least, long most)
    {
        var isNumber = decimal.TryParse(
            Kind is JsonValueKind.String or JsonValueKind.Number ? Text : "", NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        return isNumber && number == decimal.Truncate(number) && number >= least && number <= most
            ? (long)number
            : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));
    }

    public InvalidJobException Invalid(string rule) => new($"{Where} is {SeenText.Quote(Text)}; it must be {rule}.");
}
