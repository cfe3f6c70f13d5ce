using System.Globalization;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Cli.Jobs;

/// <summary>One row in a list of jobs.</summary>
internal static class JobSummary
{
    public static readonly IReadOnlyList<string> Headings = ["ID", "TYPE", "STATUS", "CONVERSATION", "AGE", "ATTEMPT", "CLAIM", "NOTE"];

    // The attributes whose names in the list are their names in the row.
    private static readonly string[] Shown =
    [
        JobAttributes.JobId, JobAttributes.JobType, JobAttributes.Status, JobAttributes.ConversationId, JobAttributes.ReportId,
        JobAttributes.CreatedAt, JobAttributes.UpdatedAt, JobAttributes.StartedAt, JobAttributes.CompletedAt, JobAttributes.NotBefore,
        JobAttributes.WorkerId, JobAttributes.LockExpiresAt, JobAttributes.CancelRequested, JobAttributes.ErrorMessage, SupersededBy,
    ];

    private const string SupersededBy = "superseded_by";

    public static IReadOnlyList<string> Cells(JobRow row, DateTimeOffset now) =>
    [
        row.Id,
        row.JobType ?? "-",
        row.Status ?? "-",
        row.ConversationId ?? "-",
        row.CreatedAt is { } created ? Ages.Of(now - created) : "-",
        row.Attempt.ToString(CultureInfo.InvariantCulture),
        ClaimSummary.Of(row, now).Text,
        Note(row),
    ];

    public static JsonObject Json(JobRow row, DateTimeOffset now)
    {
        var json = new JsonObject();
        foreach (var name in Shown)
        {
            json[name] = row.Text(name);
        }

        json["priority"] = row.Priority;
        json["attempt"] = row.Attempt;
        json["rechecks"] = row.Rechecks;
        json["age_seconds"] = row.CreatedAt is { } created ? (long)(now - created).TotalSeconds : null;
        json["claim"] = ClaimSummary.Of(row, now).State;
        return json;
    }

    private static string Note(JobRow row)
    {
        if (row.Text(SupersededBy) is { } other)
            return $"superseded by {other}";
        if (row.CancelRequested is { } request && !JobStatuses.IsTerminal(row.Status))
            return $"cancel requested {request}";
        return row.Text(JobAttributes.ErrorMessage) is { } error ? Short(error) : "";
    }

    private static string Short(string text) => text.Length <= 80 ? text : $"{text[..79]}…";
}
