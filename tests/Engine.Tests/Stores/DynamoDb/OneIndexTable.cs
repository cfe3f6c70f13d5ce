using System.Text.Json.Nodes;
using Amazon.DynamoDBv2.Model;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>The table as the existing server's own tests have it: with the index of conversations alone.</summary>
internal static class OneIndexTable
{
    public static JsonObject Request(string name, CreateTableRequest whole)
    {
        var index = whole.GlobalSecondaryIndexes.Single(index => index.IndexName == "ConversationIndex");
        return new JsonObject
        {
            ["TableName"] = name,
            ["BillingMode"] = whole.BillingMode.Value,
            ["KeySchema"] = Keys(whole.KeySchema),
            ["AttributeDefinitions"] = new JsonArray(
            [
                .. whole.AttributeDefinitions.Where(attribute => attribute.AttributeName is "job_id" or "conversation_id" or "created_at")
                    .Select(attribute => new JsonObject { ["AttributeName"] = attribute.AttributeName, ["AttributeType"] = attribute.AttributeType.Value }),
            ]),
            ["GlobalSecondaryIndexes"] = new JsonArray(
                new JsonObject
                {
                    ["IndexName"] = index.IndexName,
                    ["KeySchema"] = Keys(index.KeySchema),
                    ["Projection"] = new JsonObject { ["ProjectionType"] = index.Projection.ProjectionType.Value },
                }),
        };
    }

    private static JsonArray Keys(IEnumerable<KeySchemaElement> keys) => new(
    [
        .. keys.Select(key => new JsonObject { ["AttributeName"] = key.AttributeName, ["KeyType"] = key.KeyType.Value }),
    ]);
}
