using System.Collections;
using System.Diagnostics.CodeAnalysis;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The attributes of a row as they were read: by the place of their column, a fraction of the size of a dictionary and of the time to fill one.</summary>
/// <param name="columns">The values by <see cref="JobTable.Places"/>; one without text is missing.</param>
/// <param name="others">The attributes without a column of their own; none of them has a name that a column has.</param>
internal sealed class ColumnValues(RowValue[] columns, Dictionary<string, RowValue>? others) : IReadOnlyDictionary<string, RowValue>
{
    public int Count => columns.Count(IsThere) + (others?.Count ?? 0);

    public IEnumerable<string> Keys => this.Select(attribute => attribute.Key);

    public IEnumerable<RowValue> Values => this.Select(attribute => attribute.Value);

    public RowValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"The row has no attribute '{key}'.");

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out RowValue value)
    {
        if (JobTable.Places.TryGetValue(key, out var place))
        {
            value = place < columns.Length ? columns[place] : default;
            return IsThere(value);
        }

        value = default;
        return others is not null && others.TryGetValue(key, out value);
    }

    public IEnumerator<KeyValuePair<string, RowValue>> GetEnumerator()
    {
        for (var place = 0; place < columns.Length; place++)
        {
            if (IsThere(columns[place]))
            {
                yield return new(JobTable.Columns[place], columns[place]);
            }
        }

        foreach (var attribute in others ?? [])
        {
            yield return attribute;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool IsThere(RowValue value) => value.Text is not null;
}
