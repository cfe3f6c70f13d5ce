using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;

namespace DelphiRunner.PythonPoller;

/// <summary>The requests that the Python poller sends.</summary>
internal sealed class JobTable(PollerArguments arguments) : IDisposable
{
    // Sorts behind every time: a row without a lock is never taken for one whose lock is over.
    private const string NoLock = "z";

    private static readonly TimeSpan LockLength = TimeSpan.FromMinutes(15);

    private readonly AmazonDynamoDBClient _client = new(
        new BasicAWSCredentials("local", "local"),
        new AmazonDynamoDBConfig { ServiceURL = arguments.Endpoint, AuthenticationRegion = "us-east-1" });

    /// <summary>The jobs that it would run, best first: pending before all others, then by the text of <c>created_at</c>.</summary>
    public async Task<IReadOnlyList<Dictionary<string, AttributeValue>>> FindActionableAsync()
    {
        var pending = await QueryAsync("PENDING");
        var recheck = await QueryAsync("AWAITING_RECHECK");
        var processing = await QueryAsync("PROCESSING");
        var now = PythonTime.Aware(arguments.Now);
        var zombies = processing.Where(row => string.CompareOrdinal(row.TextOr("lock_expires_at", NoLock), now) < 0);
        return
        [
            .. pending.Concat(recheck).Concat(zombies)
                .OrderBy(row => row.TextOr("status", "") == "PENDING" ? 0 : 1)
                .ThenBy(row => row.TextOr("created_at", ""), StringComparer.Ordinal),
        ];
    }

    /// <summary>Claims a job as it was seen; gives the row as claimed, or null when somebody else was faster.</summary>
    public async Task<Dictionary<string, AttributeValue>?> ClaimAsync(Dictionary<string, AttributeValue> job, string workerId)
    {
        var version = job.TryGetValue("version", out var stored) ? stored : new AttributeValue { N = "1" };
        try
        {
            var response = await _client.UpdateItemAsync(new UpdateItemRequest
            {
                TableName = arguments.Table,
                Key = KeyOf(job),
                UpdateExpression =
                    "SET #status = :processing, started_at = :now, worker_id = :worker_id, lock_expires_at = :lock, version = :new_version",
                ConditionExpression =
                    "(#status = :pending OR #status = :recheck OR lock_expires_at < :now) AND version = :version",
                ExpressionAttributeNames = new() { ["#status"] = "status" },
                ExpressionAttributeValues = new()
                {
                    [":processing"] = Text("PROCESSING"),
                    [":pending"] = Text("PENDING"),
                    [":recheck"] = Text("AWAITING_RECHECK"),
                    [":now"] = Text(PythonTime.Aware(arguments.Now)),
                    [":lock"] = Text(PythonTime.Aware(arguments.Now + LockLength)),
                    [":worker_id"] = Text(workerId),
                    [":version"] = version,
                    [":new_version"] = Plus1(version),
                },
                ReturnValues = ReturnValue.ALL_NEW,
            });
            return response.Attributes;
        }
        catch (ConditionalCheckFailedException)
        {
            return null;
        }
    }

    /// <summary>Writes the log, whoever the row belongs to by now, and makes the row anew where it is gone.</summary>
    public Task WriteLogAsync(Dictionary<string, AttributeValue> job, string logs) => _client.UpdateItemAsync(new UpdateItemRequest
    {
        TableName = arguments.Table,
        Key = KeyOf(job),
        UpdateExpression = "SET logs = :logs, updated_at = :now",
        ExpressionAttributeValues = new() { [":logs"] = Text(logs), [":now"] = Text(PythonTime.Aware(arguments.Now)) },
    });

    /// <summary>Ends a job, unless somebody raised the version since the claim. The lock stays.</summary>
    public async Task<bool> CompleteAsync(Dictionary<string, AttributeValue> claimed, string status, string results)
    {
        try
        {
            await _client.UpdateItemAsync(new UpdateItemRequest
            {
                TableName = arguments.Table,
                Key = KeyOf(claimed),
                UpdateExpression = "SET #status = :status, completed_at = :now, updated_at = :now, job_results = :results, version = :new_version",
                ConditionExpression = "version = :version",
                ExpressionAttributeNames = new() { ["#status"] = "status" },
                ExpressionAttributeValues = new()
                {
                    [":status"] = Text(status),
                    [":now"] = Text(PythonTime.Naive(arguments.Now)),
                    [":results"] = Text(results),
                    [":version"] = claimed["version"],
                    [":new_version"] = Plus1(claimed["version"]),
                },
            });
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    /// <summary>Gives a job back so that it is asked for again, with no delay, condition or new version.</summary>
    public Task ReleaseForRecheckAsync(Dictionary<string, AttributeValue> claimed) => _client.UpdateItemAsync(new UpdateItemRequest
    {
        TableName = arguments.Table,
        Key = KeyOf(claimed),
        UpdateExpression = "SET #status = :recheck, updated_at = :now REMOVE lock_expires_at",
        ExpressionAttributeNames = new() { ["#status"] = "status" },
        ExpressionAttributeValues = new() { [":recheck"] = Text("AWAITING_RECHECK"), [":now"] = Text(PythonTime.Aware(arguments.Now)) },
    });

    public void Dispose() => _client.Dispose();

    /// <summary>All pages of a status, whole rows with their logs.</summary>
    private async Task<IReadOnlyList<Dictionary<string, AttributeValue>>> QueryAsync(string status)
    {
        var rows = new List<Dictionary<string, AttributeValue>>();
        var request = new QueryRequest
        {
            TableName = arguments.Table,
            IndexName = "StatusCreatedIndex",
            KeyConditionExpression = "#status = :status",
            ExpressionAttributeNames = new() { ["#status"] = "status" },
            ExpressionAttributeValues = new() { [":status"] = Text(status) },
        };
        do
        {
            var page = await _client.QueryAsync(request);
            rows.AddRange(page.Items ?? []);
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });

        return rows;
    }

    private static Dictionary<string, AttributeValue> KeyOf(Dictionary<string, AttributeValue> job) => new() { ["job_id"] = job["job_id"] };

    private static AttributeValue Plus1(AttributeValue version) =>
        new() { N = (decimal.Parse(version.N, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture) };

    private static AttributeValue Text(string text) => new() { S = text };
}
