using System.Text.Json;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>The table and its four indexes, as the existing deployment creates them.</summary>
internal static class TableDefinition
{
    private const string Resource = "Delphi_JobQueue.table.json";

    /// <summary>The request that creates the table under a name.</summary>
    public static CreateTableRequest RequestFor(string table)
    {
        using var stream = typeof(TableDefinition).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly holds no '{Resource}'.");
        using var json = JsonDocument.Parse(stream);
        var root = json.RootElement;
        return new CreateTableRequest
        {
            TableName = table,
            KeySchema = KeysOf(root),
            AttributeDefinitions =
            [
                .. root.GetProperty("AttributeDefinitions").EnumerateArray()
                    .Select(item => new AttributeDefinition(TextOf(item, "AttributeName"), new ScalarAttributeType(TextOf(item, "AttributeType")))),
            ],
            BillingMode = new BillingMode(TextOf(root, "BillingMode")),
            GlobalSecondaryIndexes =
            [
                .. root.GetProperty("GlobalSecondaryIndexes").EnumerateArray().Select(index => new GlobalSecondaryIndex
                {
                    IndexName = TextOf(index, "IndexName"),
                    KeySchema = KeysOf(index),
                    Projection = new Projection { ProjectionType = new ProjectionType(TextOf(index.GetProperty("Projection"), "ProjectionType")) },
                }),
            ],
        };
    }

    private static List<KeySchemaElement> KeysOf(JsonElement owner) =>
    [
        .. owner.GetProperty("KeySchema").EnumerateArray().Select(key => new KeySchemaElement(TextOf(key, "AttributeName"), new KeyType(TextOf(key, "KeyType")))),
    ];

    private static string TextOf(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
