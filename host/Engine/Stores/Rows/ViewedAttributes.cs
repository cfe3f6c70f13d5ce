using System.Collections;
using System.Diagnostics.CodeAnalysis;
using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The attributes of a row as handlers see them, each turned into its view when it is asked for: few handlers look at more than two.</summary>
internal sealed class ViewedAttributes(IReadOnlyDictionary<string, RowValue> row) : IReadOnlyDictionary<string, JobAttribute>
{
    public int Count => row.Count;

    public IEnumerable<string> Keys => row.Keys;

    public IEnumerable<JobAttribute> Values => row.Values.Select(value => value.ToAttribute());

    public JobAttribute this[string key] => row[key].ToAttribute();

    public bool ContainsKey(string key) => row.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out JobAttribute value)
    {
        value = row.TryGetValue(key, out var stored) ? stored.ToAttribute() : null;
        return value is not null;
    }

    public IEnumerator<KeyValuePair<string, JobAttribute>> GetEnumerator() =>
        row.Select(attribute => KeyValuePair.Create(attribute.Key, attribute.Value.ToAttribute())).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
