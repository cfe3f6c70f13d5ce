using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Tests;

/// <summary>Rows for handlers, as a host hands them over: made by hand, or read from the DynamoDB JSON of real writers.</summary>
internal static class JobRows
{
    public static Job Make(string type, string id = "job-1", string? conversation = "39321", string? report = "r4tykwac8thvzv35jrn53",
        string config = "{}", int attempt = 1, int rechecks = 0, DateTimeOffset? created = null, params (string Name, string Text)[] attributes)
    {
        var all = attributes.ToDictionary(pair => pair.Name, pair => JobAttribute.OfText(pair.Text));
        all["job_id"] = JobAttribute.OfText(id);
        all["conversation_id"] = JobAttribute.OfText(conversation ?? "");
        all["report_id"] = JobAttribute.OfText(report ?? "");
        return new Job
        {
            Id = id,
            Type = type,
            Status = "PROCESSING",
            ConversationId = conversation,
            ReportId = report,
            ConfigJson = config,
            Attempt = attempt,
            Rechecks = rechecks,
            CreatedAt = created,
            Attributes = all,
        };
    }

    /// <summary>Reads a row by the number that its file begins with, as it is after a first claim.</summary>
    public static Job Read(string number, int attempt = 1)
    {
        var path = Directory.GetFiles(Path.Combine(TestContext.CurrentContext.TestDirectory, "delphi-jobs"), $"{number}-*.json").Single();
        var row = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var attributes = row.ToDictionary(entry => entry.Key, entry => ToAttribute(entry.Value!.AsObject().Single()));
        string? Text(string name) =>
            attributes.TryGetValue(name, out var value) && value.Kind != JobAttributeKind.Null && value.Text.Length > 0 ? value.Text : null;

        return new Job
        {
            Id = Text("job_id")!,
            Type = Text("job_type"),
            Status = "PROCESSING",
            ConversationId = Text("conversation_id"),
            ReportId = Text("report_id"),
            ConfigJson = Text("job_config") ?? "{}",
            Attempt = attempt,
            CreatedAt = DateTimeOffset.TryParse(Text("created_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
            Attributes = attributes,
        };
    }

    private static JobAttribute ToAttribute(KeyValuePair<string, JsonNode?> value) => value.Key switch
    {
        "S" => JobAttribute.OfText(value.Value!.GetValue<string>()),
        "N" => new JobAttribute { Kind = JobAttributeKind.Number, Text = value.Value!.GetValue<string>() },
        "BOOL" => JobAttribute.OfBoolean(value.Value!.GetValue<bool>()),
        "NULL" => new JobAttribute { Kind = JobAttributeKind.Null, Text = "null" },
        _ => JobAttribute.OfJson(ToPlain(value)!.ToJsonString()),
    };

    private static JsonNode? ToPlain(KeyValuePair<string, JsonNode?> value) => value.Key switch
    {
        "M" => new JsonObject(value.Value!.AsObject().Select(entry => KeyValuePair.Create(entry.Key, ToPlain(entry.Value!.AsObject().Single())))),
        "L" => new JsonArray([.. value.Value!.AsArray().Select(entry => ToPlain(entry!.AsObject().Single()))]),
        "N" => JsonNode.Parse(value.Value!.GetValue<string>()),
        "NULL" => null,
        _ => value.Value!.DeepClone(),
    };
}

/// <summary>Ends of commands.</summary>
internal static class Ends
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 20, 0, 0, TimeSpan.Zero);

    public static ProcessResult Exit(int code, params string[] lines) => new()
    {
        End = ProcessEnd.Exited,
        ExitCode = code,
        StartedAt = Start,
        Elapsed = TimeSpan.FromSeconds(90.5),
        TimeLimit = TimeSpan.FromHours(1),
        LastLines = lines,
    };

    public static ProcessResult TimeLimit(params string[] lines) => Exit(143, lines) with { End = ProcessEnd.TimeLimit };

    public static JsonElement Results(this JobOutcome outcome) => JsonElement.Parse(outcome.ResultsJson!);
}
