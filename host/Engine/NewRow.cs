using System.Text.Json;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine;

/// <summary>Makes the row of a new job in the one strict format that this project writes.</summary>
internal static class NewRow
{
    /// <summary>The time limit that new rows carry, that of the existing server (jobs.ts since June 2025).</summary>
    public const int TimeoutSeconds = 14400;

    /// <exception cref="InvalidRowException">The id or type is empty, the configuration is no JSON object, or an attribute is the host's own.</exception>
    public static JobRow Of(NewJob job, string createdBy, DateTimeOffset now)
    {
        Check(job);
        var text = RowTime.Format(now);
        var attributes = new Dictionary<string, RowValue>(StringComparer.Ordinal)
        {
            [JobAttributes.JobId] = RowValue.OfText(job.Id),
            [JobAttributes.Status] = RowValue.OfText(JobStatuses.Pending),
            [JobAttributes.JobType] = RowValue.OfText(job.Type),
            [JobAttributes.CreatedAt] = RowValue.OfText(text),
            [JobAttributes.UpdatedAt] = RowValue.OfText(text),
            [JobAttributes.StartedAt] = RowValue.OfText(""),
            [JobAttributes.CompletedAt] = RowValue.OfText(""),
            [JobAttributes.WorkerId] = RowValue.OfText("none"),
            [JobAttributes.Version] = RowValue.OfNumber(1),
            [JobAttributes.Priority] = RowValue.OfNumber(job.Priority),
            [JobAttributes.RetryCount] = RowValue.OfNumber(0),
            [JobAttributes.MaxRetries] = RowValue.OfNumber(3),
            [JobAttributes.TimeoutSeconds] = RowValue.OfNumber(TimeoutSeconds),
            [JobAttributes.JobConfig] = RowValue.OfText(job.ConfigJson ?? "{}"),
            [JobAttributes.JobResults] = RowValue.OfText("{}"),
            [JobAttributes.Logs] = RowValue.OfText(FirstLog(job, now)),
            ["created_by"] = RowValue.OfText(createdBy),
        };
        AddText(attributes, JobAttributes.ConversationId, job.ConversationId);
        AddText(attributes, JobAttributes.ReportId, job.ReportId);
        AddText(attributes, JobAttributes.NotBefore, job.NotBefore is { } notBefore ? RowTime.Format(notBefore) : null);
        foreach (var (name, value) in job.Attributes)
        {
            attributes[name] = value.ToRowValue();
        }

        return new JobRow(attributes);
    }

    private static void AddText(Dictionary<string, RowValue> attributes, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            attributes[name] = RowValue.OfText(value);
        }
    }

    private static string FirstLog(NewJob job, DateTimeOffset now)
    {
        var excerpt = LogExcerpt.Read(null, now);
        excerpt.Add(now, "INFO", job.ConversationId is null ? "Job created" : $"Job created for conversation {job.ConversationId}");
        return excerpt.ToJson(LogExcerpt.MaxMessageLength);
    }

    private static void Check(NewJob job)
    {
        if (string.IsNullOrWhiteSpace(job.Id) || string.IsNullOrWhiteSpace(job.Type))
        {
            throw new InvalidRowException("A new job needs an id and a type; one of them is empty.");
        }

        if (job.Attributes.Keys.FirstOrDefault(JobAttributes.OwnedByHost.Contains) is { } owned)
        {
            throw new InvalidRowException($"The attribute '{owned}' of new job '{job.Id}' belongs to the host. Leave it out.");
        }

        if (job.ConfigJson is not { } config)
        {
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(config);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidRowException($"The configuration of new job '{job.Id}' is JSON of the kind {document.RootElement.ValueKind}; it has to be an object.");
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidRowException($"The configuration of new job '{job.Id}' is no JSON: {exception.Message}", exception);
        }
    }
}
