using System.Globalization;

namespace DelphiRunner.Contracts;

/// <summary>The kinds of value that a row attribute can have for a handler.</summary>
public enum JobAttributeKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A decimal number of any precision, held as its text.</summary>
    Number,

    /// <summary>True or false, held as <c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A null, which is something else than an attribute that is not there. Its text is <c>null</c>.</summary>
    Null,

    /// <summary>A map, a list, a set or binary data, held as JSON.</summary>
    Json,
}

/// <summary>The value of one attribute of a row.</summary>
public sealed record JobAttribute
{
    /// <summary>Gets the kind of the value.</summary>
    public required JobAttributeKind Kind { get; init; }

    /// <summary>Gets the value as text: the text itself, or for the other kinds its JSON.</summary>
    public required string Text { get; init; }

    /// <summary>Makes a text.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <returns>A value of the kind <see cref="JobAttributeKind.Text"/>.</returns>
    public static JobAttribute OfText(string text) => new() { Kind = JobAttributeKind.Text, Text = text };

    /// <summary>Makes a number.</summary>
    /// <param name="number">The number.</param>
    /// <returns>A value of the kind <see cref="JobAttributeKind.Number"/>.</returns>
    public static JobAttribute OfNumber(decimal number) =>
        new() { Kind = JobAttributeKind.Number, Text = number.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Makes a boolean.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A value of the kind <see cref="JobAttributeKind.Boolean"/>.</returns>
    public static JobAttribute OfBoolean(bool value) => new() { Kind = JobAttributeKind.Boolean, Text = value ? "true" : "false" };

    /// <summary>Makes a map or list.</summary>
    /// <param name="json">The text of a JSON object or array.</param>
    /// <returns>A value of the kind <see cref="JobAttributeKind.Json"/>; the host checks the JSON when the value is stored.</returns>
    public static JobAttribute OfJson(string json) => new() { Kind = JobAttributeKind.Json, Text = json };
}
