using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A handler's attributes, checked and encoded before they meet the writer.</summary>
internal sealed class EncodedAttributes
{
    private static readonly EncodedAttributes None = new(new Dictionary<string, RowValue>());

    private EncodedAttributes(IReadOnlyDictionary<string, RowValue> attributes)
    {
        Columns = [.. attributes.Where(attribute => JobTable.Places.ContainsKey(attribute.Key))
            .Select(attribute => KeyValuePair.Create(attribute.Key, EncodedRow.Encode(attribute.Key, attribute.Value)))];
        Others = attributes.Where(attribute => !JobTable.Places.ContainsKey(attribute.Key)).ToDictionary(StringComparer.Ordinal);
        EncodedRow.EncodeOther(Others);
        PriorityOrder = attributes.ContainsKey(JobAttributes.Priority) ? new JobRow(attributes).Priority : null;
    }

    public IReadOnlyList<KeyValuePair<string, StoredValue>> Columns { get; }

    public IReadOnlyDictionary<string, RowValue> Others { get; }

    public long? PriorityOrder { get; }

    /// <exception cref="ArgumentException">An attribute is the host's own.</exception>
    /// <exception cref="InvalidRowException">A value's text does not fit its kind.</exception>
    public static EncodedAttributes Of(IReadOnlyDictionary<string, RowValue> attributes)
    {
        if (attributes.Count == 0)
        {
            return None;
        }

        var owned = attributes.Keys.FirstOrDefault(JobAttributes.OwnedByHost.Contains);
        return owned is null
            ? new EncodedAttributes(attributes)
            : throw new ArgumentException($"Attribute '{owned}' is the host's own; a handler cannot set it.", nameof(attributes));
    }
}
