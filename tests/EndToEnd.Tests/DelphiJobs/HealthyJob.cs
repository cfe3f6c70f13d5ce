using System.Globalization;
using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>A job of another conversation, created after the row at hand, which has to complete whatever that row is like.</summary>
internal static class HealthyJob
{
    public const string Id = "healthy-job-behind";

    public static string Json(DateTimeOffset createdAt)
    {
        var time = createdAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["job_id"] = Text(Id),
            ["status"] = Text("PENDING"),
            ["job_type"] = Text("FULL_PIPELINE"),
            ["created_at"] = Text(time),
            ["updated_at"] = Text(time),
            ["worker_id"] = Text("none"),
            ["version"] = new JsonObject { ["N"] = "1" },
            ["conversation_id"] = Text("40404"),
            ["job_config"] = Text("{}"),
        }.ToJsonString();
    }

    private static JsonObject Text(string text) => new() { ["S"] = text };
}
