using System.Text.Json.Nodes;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.Stores;

/// <summary>Tables other than a deployment's, and the permissions of its role.</summary>
internal static class Tables
{
    /// <summary>What the role of an existing deployment may do with the table; all else is refused.</summary>
    private static readonly string[] AllowedToDeployment = ["PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan"];

    public static Task<string?> RefuseAsOfDeployment(string operation, string body) =>
        Task.FromResult(AllowedToDeployment.Contains(operation) ? null : "AccessDeniedException");

    /// <summary>Creates the table of a deployment without one of its indexes.</summary>
    public static async Task CreateWithoutAsync(DynamoDbServer server, string name, string index) =>
        await CreateAsync(server, name, table => table["GlobalSecondaryIndexes"]!.AsArray().Remove(Index(table, index)));

    /// <summary>Creates the table of a deployment with one index that holds nothing but keys.</summary>
    public static async Task CreateWithKeysOnlyAsync(DynamoDbServer server, string name, string index) =>
        await CreateAsync(server, name, table => Index(table, index)["Projection"]!["ProjectionType"] = "KEYS_ONLY");

    private static JsonNode Index(JsonObject table, string name) =>
        table["GlobalSecondaryIndexes"]!.AsArray().Single(index => index!["IndexName"]!.ToString() == name)!;

    private static async Task CreateAsync(DynamoDbServer server, string name, Action<JsonObject> change)
    {
        var table = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(BuiltFiles.Root, "tests", "Fixtures", "Delphi_JobQueue.table.json")))!.AsObject();
        table["TableName"] = name;
        change(table);
        var used = table["GlobalSecondaryIndexes"]!.AsArray().Append(table).SelectMany(keyed => keyed!["KeySchema"]!.AsArray().Select(key => key!["AttributeName"]!.ToString())).ToHashSet();
        var definitions = table["AttributeDefinitions"]!.AsArray();
        foreach (var unused in definitions.Where(definition => !used.Contains(definition!["AttributeName"]!.ToString())).ToList())
        {
            definitions.Remove(unused);
        }

        await server.Requests.SendAsync("CreateTable", table);
        while ((await server.Requests.SendAsync("DescribeTable", new JsonObject { ["TableName"] = name }))["Table"]!["TableStatus"]!.ToString() != "ACTIVE")
        {
            await Task.Yield();
        }
    }
}
