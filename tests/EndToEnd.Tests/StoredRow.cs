using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>One attribute as it is stored: its kind by DynamoDB's name, and its own text, which for maps and lists is their JSON with sorted keys.</summary>
internal sealed record StoredValue(string Kind, string Text)
{
    public override string ToString() => $"{Kind} {(Text.Length > 300 ? $"{Text[..300]}… ({Text.Length} characters)" : Text)}";
}

/// <summary>A row, read without the engine's reader, so that a loss there does not hide itself.</summary>
internal sealed class StoredRow(IReadOnlyDictionary<string, StoredValue> attributes)
{
    public IReadOnlyDictionary<string, StoredValue> Attributes { get; } = attributes;

    public string Id => this["job_id"]?.Text ?? "";

    public StoredValue? this[string name] => Attributes.GetValueOrDefault(name);

    /// <summary>Reads a row in DynamoDB JSON.</summary>
    public static StoredRow Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return Of(document.RootElement);
    }

    /// <summary>Takes over an item in DynamoDB JSON, as a server sent it.</summary>
    public static StoredRow Of(JsonObject item)
    {
        using var document = JsonDocument.Parse(item.ToJsonString());
        return Of(document.RootElement);
    }

    /// <summary>Takes over what the engine's store gave.</summary>
    public static StoredRow Of(JobRow row) => new(row.Attributes.ToDictionary(
        attribute => attribute.Key,
        attribute => new StoredValue(attribute.Value.Kind.ToString(), attribute.Value.Kind switch
        {
            RowValueKind.S or RowValueKind.N or RowValueKind.BOOL or RowValueKind.NULL => attribute.Value.Text,
            _ => Ordered(attribute.Value.Text),
        })));

    /// <summary>The JSON object that a text attribute holds, or null when it holds none.</summary>
    public JsonObject? Json(string name)
    {
        try
        {
            return this[name] is { Kind: "S" } value ? JsonNode.Parse(value.Text) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static StoredRow Of(JsonElement item) =>
        new(item.EnumerateObject().ToDictionary(attribute => attribute.Name, attribute => ReadValue(attribute.Value)));

    private static StoredValue ReadValue(JsonElement typed)
    {
        var (kind, value) = typed.EnumerateObject().Select(pair => (pair.Name, pair.Value)).Single();
        return new StoredValue(kind, kind switch
        {
            "S" or "N" => value.GetString()!,
            "BOOL" or "NULL" => value.GetBoolean() ? "true" : "false",
            _ => Ordered(value.GetRawText()),
        });
    }

    // A map of DynamoDB has no order, and a server gives each in whatever order it likes.
    private static string Ordered(string json) => Ordered(JsonNode.Parse(json)!).ToJsonString();

    private static JsonNode Ordered(JsonNode node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Ordered(pair.Value!)))),
        JsonArray list => new JsonArray([.. list.Select(item => Ordered(item!))]),
        _ => node.DeepClone(),
    };
}
