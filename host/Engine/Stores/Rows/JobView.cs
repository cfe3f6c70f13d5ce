using System.Text;
using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>A row as handlers see it, and their values as a row holds them.</summary>
internal static class JobView
{
    public static Job ToJob(this JobRow row) => new()
    {
        Id = row.Id,
        Type = row.JobType,
        Status = row.Status,
        ConversationId = row.ConversationId,
        ReportId = row.ReportId,
        ConfigJson = ConfigOf(row),
        Attempt = row.Attempt,
        Rechecks = row.Rechecks,
        CreatedAt = row.CreatedAt,
        StartedAt = row.StartedAt,
        Attributes = new ViewedAttributes(row.Attributes),
    };

    public static JobAttribute ToAttribute(this RowValue value) => value.Kind switch
    {
        RowValueKind.S => JobAttribute.OfText(value.Text),
        RowValueKind.N => new JobAttribute { Kind = JobAttributeKind.Number, Text = value.Text },
        RowValueKind.BOOL => new JobAttribute { Kind = JobAttributeKind.Boolean, Text = value.Text },
        RowValueKind.NULL => new JobAttribute { Kind = JobAttributeKind.Null, Text = "null" },
        _ => JobAttribute.OfJson(RowJson.ToPlainJson(value)),
    };

    /// <summary>Turns a handler's value into a row's.</summary>
    /// <exception cref="InvalidRowException">The text does not fit the kind: no number, no boolean, no JSON.</exception>
    public static RowValue ToRowValue(this JobAttribute attribute) => attribute.Kind switch
    {
        JobAttributeKind.Text => RowValue.OfText(attribute.Text),
        JobAttributeKind.Number => RowValues.Checked(new RowValue(RowValueKind.N, attribute.Text)),
        JobAttributeKind.Boolean => RowValues.Checked(new RowValue(RowValueKind.BOOL, attribute.Text)),
        JobAttributeKind.Null => new RowValue(RowValueKind.NULL, "true"),
        _ => RowJson.FromPlainJson(attribute.Text),
    };

    private static string ConfigOf(JobRow row)
    {
        var json = row.Raw(JobAttributes.JobConfig) switch
        {
            null or { Kind: RowValueKind.NULL } => "",
            { Kind: RowValueKind.S } text => DecodeTwice(text.Text),
            { } value => RowJson.ToPlainJson(value),
        };
        return string.IsNullOrWhiteSpace(json) ? "{}" : json;
    }

    /// <summary>Decodes a configuration that is a JSON string once more; anything else, malformed text too, stays as it is.</summary>
    private static string DecodeTwice(string json)
    {
        if (!json.AsSpan().TrimStart().StartsWith('"'))
        {
            return json;
        }

        try
        {
            var reader = new Utf8JsonReader(JsonText.Strict.GetBytes(json), RowJsonReader.Options);
            reader.Read();
            var decoded = JsonText.Unescape(reader.ValueSpan);
            reader.Read();
            return decoded;
        }
        catch (Exception malformed) when (malformed is JsonException or EncoderFallbackException)
        {
            return json;
        }
    }
}
