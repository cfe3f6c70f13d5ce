using System.Globalization;
using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>Rows that a test puts into a queue, in DynamoDB JSON.</summary>
internal static class NewJobs
{
    public const string Report = "r4tykwac8thvzv35jrn53";

    /// <summary>A pending row, as the submitters write it.</summary>
    public static string Pending(string jobId, string jobType, string conversationId, DateTimeOffset createdAt)
    {
        var time = createdAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["job_id"] = Text(jobId),
            ["status"] = Text("PENDING"),
            ["job_type"] = Text(jobType),
            ["created_at"] = Text(time),
            ["updated_at"] = Text(time),
            ["worker_id"] = Text("none"),
            ["version"] = new JsonObject { ["N"] = "1" },
            ["conversation_id"] = Text(conversationId),
            ["report_id"] = Text(Report),
            ["job_config"] = Text("{}"),
        }.ToJsonString();
    }

    private static JsonObject Text(string text) => new() { ["S"] = text };
}
