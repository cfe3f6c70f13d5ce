namespace DelphiRunner.Contracts;

/// <summary>An immutable view of a row of the queue.</summary>
public sealed record Job
{
    /// <summary>Gets the row's key; never empty.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the job type as stored, or null when the row has none.</summary>
    public required string? Type { get; init; }

    /// <summary>Gets the status as stored, or null when the row has none. Other writers may have stored any text.</summary>
    public required string? Status { get; init; }

    /// <summary>Gets the conversation's id as stored, or null when it is missing or empty. Not validated.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Gets the report's id as stored, or null when it is missing, empty or null in the row. Not validated.</summary>
    public string? ReportId { get; init; }

    /// <summary>Gets the job's configuration as JSON text; <c>{}</c> when the row has none or an empty one.</summary>
    /// <remarks>
    /// A configuration that is stored as a native map arrives as its JSON, and one that was encoded twice is decoded once more.
    /// The text is not checked: a handler that cannot parse it throws <see cref="InvalidJobException"/>.
    /// </remarks>
    public string ConfigJson { get; init; } = "{}";

    /// <summary>Gets the number of this attempt, from 1; 0 for a row that was never claimed.</summary>
    public int Attempt { get; init; }

    /// <summary>Gets how many rechecks this attempt has already had, from 0.</summary>
    public int Rechecks { get; init; }

    /// <summary>Gets when the row was created, in UTC, or null when the stored text is no time. A time without a zone counts as UTC.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Gets when this attempt was claimed, in UTC, or null for a row that was never claimed.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Gets every attribute of the row by its stored name, those with properties above included.</summary>
    public required IReadOnlyDictionary<string, JobAttribute> Attributes { get; init; }

    /// <summary>Gets whether the row is neither completed nor failed nor in a state that no runner takes.</summary>
    public bool IsOpen => Status is "PENDING" or "PROCESSING" or "AWAITING_RECHECK";

    /// <summary>Reads an attribute as text, in which empty, null and missing are the same.</summary>
    /// <param name="name">The attribute's stored name.</param>
    /// <returns>A text of at least one character, or null.</returns>
    public string? GetText(string name) =>
        Attributes.TryGetValue(name, out var value) && value.Kind != JobAttributeKind.Null && value.Text.Length > 0 ? value.Text : null;
}
