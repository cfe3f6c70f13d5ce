using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Results;

/// <summary>What a command wrote to its result file: results for the row, and under <c>attributes</c> what it found out about the row.</summary>
internal sealed class ResultFile
{
    private const string AttributesKey = "attributes";

    private readonly Dictionary<string, JsonElement> _results = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _attributes = new(StringComparer.Ordinal);

    private ResultFile()
    {
    }

    public IReadOnlyDictionary<string, JsonElement> Results => _results;

    public static ResultFile Read(ProcessResult result)
    {
        var file = new ResultFile();
        if (result.ResultFileJson is not { } json)
        {
            return file;
        }

        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Name != AttributesKey)
            {
                file._results[property.Name] = property.Value.Clone();
                continue;
            }

            foreach (var attribute in property.Value.ValueKind == JsonValueKind.Object ? property.Value.EnumerateObject().ToArray() : [])
            {
                file._attributes[attribute.Name] = attribute.Value.Clone();
            }
        }

        return file;
    }

    /// <summary>Finds a text of at least one character, in the attributes or else in the results.</summary>
    public string? FindText(string name) => TextOf(_attributes, name) ?? TextOf(_results, name);

    private static string? TextOf(Dictionary<string, JsonElement> values, string name) =>
        values.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
