using System.Text.Json.Nodes;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>A table as an existing deployment has it.</summary>
internal sealed class JobQueueTable
{
    /// <summary>Its name in a deployment.</summary>
    public const string UsualName = "Delphi_JobQueue";

    private readonly DynamoDbServer _server;

    private JobQueueTable(DynamoDbServer server, string name)
    {
        _server = server;
        Name = name;
    }

    public string Name { get; }

    public Uri Endpoint => _server.Endpoint;

    public static async Task<JobQueueTable> CreateAsync(DynamoDbServer server, string name)
    {
        var table = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Fixtures, "Delphi_JobQueue.table.json")))!.AsObject();
        table["TableName"] = name;
        await server.Requests.SendAsync("CreateTable", table);
        // Dynalite creates it in the background.
        while (await StatusAsync(server, name) != "ACTIVE")
            await Task.Yield();

        return new JobQueueTable(server, name);
    }

    /// <summary>Stores an item in DynamoDB's JSON, in the place of one with the same id.</summary>
    public Task PutAsync(JsonObject item) => SendAsync("PutItem", new JsonObject { ["Item"] = item.DeepClone() });

    /// <summary>Reads an item, or gives null where there is none.</summary>
    public async Task<JsonObject?> GetAsync(string jobId)
    {
        var answer = await SendAsync("GetItem", new JsonObject { ["Key"] = Key(jobId), ["ConsistentRead"] = true });
        return answer["Item"]?.AsObject();
    }

    public Task DeleteAsync(string jobId) => SendAsync("DeleteItem", new JsonObject { ["Key"] = Key(jobId) });

    /// <summary>Reads all items, page by page.</summary>
    public async Task<IReadOnlyList<JsonObject>> ReadAllAsync()
    {
        var items = new List<JsonObject>();
        JsonNode? start = null;
        do
        {
            var request = new JsonObject { ["ConsistentRead"] = true };
            if (start is not null)
                request["ExclusiveStartKey"] = start.DeepClone();

            var page = await SendAsync("Scan", request);
            items.AddRange(page["Items"]!.AsArray().Select(item => item!.AsObject()));
            start = page["LastEvaluatedKey"];
        }
        while (start is not null);

        return items;
    }

    /// <summary>Sends a request that is about this table.</summary>
    public Task<JsonObject> SendAsync(string operation, JsonObject request)
    {
        request["TableName"] = Name;
        return _server.Requests.SendAsync(operation, request);
    }

    private static async Task<string?> StatusAsync(DynamoDbServer server, string name)
    {
        var answer = await server.Requests.SendAsync("DescribeTable", new JsonObject { ["TableName"] = name });
        return answer["Table"]?["TableStatus"]?.GetValue<string>();
    }

    private static JsonObject Key(string jobId) => new() { ["job_id"] = new JsonObject { ["S"] = jobId } };
}
