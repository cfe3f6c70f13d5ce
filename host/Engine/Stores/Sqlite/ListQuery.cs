using System.Globalization;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A filter and a page as SQL: first the ids of the page and of one row more, then their rows, so that nothing large is sorted.</summary>
internal sealed class ListQuery
{
    private readonly List<StoredValue> _parameters = [];

    public ListQuery(JobFilter filter)
    {
        var conditions = new List<string>();
        AddStatus(conditions, filter.Status);
        AddText(conditions, JobAttributes.JobType, filter.JobType);
        AddText(conditions, JobAttributes.ConversationId, filter.ConversationId);
        if (filter.After is { } token)
        {
            var (newest, id) = PageToken.Read(token);
            conditions.Add($"(newest_order, job_id) > ({Add(newest)}, {Add(StoredValue.OfText(id))})");
        }

        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        Sql =
            $"""
            SELECT {JobTable.Whole} FROM jobs WHERE id IN (
                SELECT id FROM jobs {IndexFor(filter)} {where} ORDER BY newest_order, job_id LIMIT {Add(filter.Limit + 1)})
            ORDER BY newest_order, job_id
            """;
    }

    public string Sql { get; }

    public Statement Bind(Statement statement)
    {
        for (var index = 0; index < _parameters.Count; index++)
        {
            statement.Bind(index + 1, _parameters[index]);
        }

        return statement;
    }

    /// <summary>The planner would rather walk all rows in order than sort the few that are open.</summary>
    private static string IndexFor(JobFilter filter) => filter switch
    {
        { ConversationId: not null } => "",
        { Status: JobStatuses.Pending } => "INDEXED BY jobs_pending",
        { Status: JobStatuses.Processing } => "INDEXED BY jobs_processing",
        { Status: JobStatuses.AwaitingRecheck } => "INDEXED BY jobs_recheck",
        _ => "",
    };

    /// <summary>The real statuses stand in the text, since the partial indexes serve only a literal.</summary>
    private void AddStatus(List<string> conditions, string? status)
    {
        switch (status)
        {
            case JobStatuses.Pending or JobStatuses.Processing or JobStatuses.AwaitingRecheck or JobStatuses.Completed or JobStatuses.Failed:
                conditions.Add($"status = '{status}'");
                break;
            case "":
                conditions.Add("value_text(status) IS NULL");
                break;
            default:
                AddText(conditions, JobAttributes.Status, status);
                break;
        }
    }

    /// <summary>Compares as a row's readers do: a number and a text of its digits are the same.</summary>
    private void AddText(List<string> conditions, string column, string? text)
    {
        if (text is null)
        {
            return;
        }

        var asText = Add(StoredValue.OfText(text));
        conditions.Add(
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? $"{column} IN ({asText}, {Add(StoredValue.Of(new RowValue(RowValueKind.N, text)))})"
                : $"{column} = {asText}");
    }

    private string Add(long value) => Add(StoredValue.Of(RowValue.OfNumber(value)));

    private string Add(StoredValue value)
    {
        _parameters.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"?{_parameters.Count}");
    }
}
