using System.Collections.Concurrent;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Reads rows by key, by index and by walking the table.</summary>
internal sealed class RowReads(TableCalls calls)
{
    public const string ByStatus = "StatusCreatedIndex";
    public const string ByConversation = "ConversationIndex";

    // The most that one request may name.
    private const int BatchSize = 100;

    private const int ReadsAtOnce = 8;

    private static readonly string[] Listed =
        [JobAttributes.JobId, JobAttributes.Status, JobAttributes.JobType, JobAttributes.ConversationId, JobAttributes.CreatedAt];

    private volatile bool _readsOneByOne;

    public async Task<JobRow?> GetAsync(string jobId, CancellationToken cancellationToken)
    {
        if (jobId.Length == 0)
        {
            // No key is empty, and asking for one is refused.
            return null;
        }

        var answer = await calls.LookAsync((client, token) => client.GetItemAsync(GetRequest(jobId), token), cancellationToken);
        return RowOf(answer.Item);
    }

    /// <summary>The row that made a condition fail: as the failure brought it, or read where an endpoint does not bring it. Null: there is none.</summary>
    public async Task<JobRow?> GetMissedAsync(string jobId, ConditionalCheckFailedException failure, Tries tries, CancellationToken cancellationToken)
    {
        if (failure.Item is { Count: > 0 } item)
        {
            return AttributeValues.ToRow(item);
        }

        return await GetAsync(jobId, tries, cancellationToken);
    }

    /// <summary>Reads a row on behalf of a write, as patiently as that.</summary>
    public async Task<JobRow?> GetAsync(string jobId, Tries tries, CancellationToken cancellationToken)
    {
        var answer = await calls.WriteAsync((client, token) => client.GetItemAsync(GetRequest(jobId), token), tries, cancellationToken);
        return RowOf(answer.Item);
    }

    /// <summary>Reads a page of the rows of one status, oldest first by the text of <c>created_at</c>.</summary>
    /// <param name="status">The status.</param>
    /// <param name="names">The attributes to read.</param>
    /// <param name="limit">At most so many rows; all that one answer holds where it is null.</param>
    /// <param name="start">Where the page before ended, or null.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task<QueryResponse> QueryStatusAsync(
        string status, IReadOnlyCollection<string> names, int? limit, Dictionary<string, AttributeValue>? start, CancellationToken cancellationToken) =>
        QueryAsync(ByStatus, JobAttributes.Status, status, names, limit, start, cancellationToken);

    /// <summary>Reads a page of rows, of which only those attributes are looked at before that the filter and the order need.</summary>
    public async Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        var after = filter.After is { } token ? PageToken.Read(token) : (PageToken?)null;
        var found = new List<PageToken>();
        await foreach (var row in SourceOf(filter, cancellationToken))
        {
            if (IsSought(row, filter) && PageToken.Of(row) is var place && (after is null || place.CompareTo(after.Value) > 0))
            {
                found.Add(place);
            }
        }

        found.Sort();
        var page = found.Take(filter.Limit).ToList();
        var rows = await GetAllAsync([.. page.Select(place => place.JobId)], cancellationToken);
        return new JobPage
        {
            Rows = [.. page.Select(place => rows.GetValueOrDefault(place.JobId)).OfType<JobRow>()],
            Next = found.Count > page.Count ? page[^1].ToString() : null,
        };
    }

    /// <summary>Walks through the whole table, as it is at each page.</summary>
    /// <param name="names">The attributes to read; null for whole rows.</param>
    /// <param name="cancellationToken">Ends the walk early.</param>
    public async IAsyncEnumerable<JobRow> ScanAsync(
        IReadOnlyCollection<string>? names, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (expression, placeholders) = names is null ? (null, null) : Projection(names);
        Dictionary<string, AttributeValue>? start = null;
        do
        {
            var request = new ScanRequest
            {
                TableName = calls.Table,
                ConsistentRead = true,
                ProjectionExpression = expression,
                ExpressionAttributeNames = placeholders,
                ExclusiveStartKey = start,
            };
            var page = await calls.WalkAsync((client, token) => client.ScanAsync(request, token), cancellationToken);
            foreach (var item in page.Items ?? [])
            {
                yield return AttributeValues.ToRow(item);
            }

            start = page.LastEvaluatedKey;
        }
        while (start is { Count: > 0 });
    }

    private static JobRow? RowOf(Dictionary<string, AttributeValue>? item) => item is { Count: > 0 } ? AttributeValues.ToRow(item) : null;

    private static Dictionary<string, AttributeValue> Key(string jobId) => new() { [JobAttributes.JobId] = new AttributeValue { S = jobId } };

    private static bool IsSought(JobRow row, JobFilter filter) =>
        (filter.Status is null || (row.Status ?? "") == filter.Status)
        && (filter.JobType is null || row.JobType == filter.JobType)
        && (filter.ConversationId is null || row.ConversationId == filter.ConversationId);

    private static (string Expression, Dictionary<string, string> Names) Projection(IReadOnlyCollection<string> names)
    {
        var placeholders = names.Select((name, number) => ($"#p{number}", name)).ToDictionary(pair => pair.Item1, pair => pair.name);
        return (string.Join(", ", placeholders.Keys), placeholders);
    }

    private GetItemRequest GetRequest(string jobId) => new() { TableName = calls.Table, Key = Key(jobId), ConsistentRead = true };

    /// <summary>An index where it holds all that is sought, else the table itself, which also has the rows that no index shows.</summary>
    private IAsyncEnumerable<JobRow> SourceOf(JobFilter filter, CancellationToken cancellationToken) => filter switch
    {
        { MustBeCurrent: true } => ScanAsync(Listed, cancellationToken),
        { ConversationId: { Length: > 0 } conversation } => WalkAsync(ByConversation, JobAttributes.ConversationId, conversation, cancellationToken),
        { Status: { Length: > 0 } status } => WalkAsync(ByStatus, JobAttributes.Status, status, cancellationToken),
        _ => ScanAsync(Listed, cancellationToken),
    };

    private async IAsyncEnumerable<JobRow> WalkAsync(
        string index, string attribute, string value, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Dictionary<string, AttributeValue>? start = null;
        do
        {
            var page = await QueryAsync(index, attribute, value, Listed, null, start, cancellationToken);
            foreach (var item in page.Items ?? [])
            {
                yield return AttributeValues.ToRow(item);
            }

            start = page.LastEvaluatedKey;
        }
        while (start is { Count: > 0 });
    }

    private Task<QueryResponse> QueryAsync(
        string index, string attribute, string value, IReadOnlyCollection<string> projected, int? limit, Dictionary<string, AttributeValue>? start, CancellationToken cancellationToken)
    {
        var (expression, names) = Projection(projected);
        names["#key"] = attribute;
        var request = new QueryRequest
        {
            TableName = calls.Table,
            IndexName = index,
            KeyConditionExpression = "#key = :value",
            ExpressionAttributeNames = names,
            ExpressionAttributeValues = new Dictionary<string, AttributeValue> { [":value"] = new() { S = value } },
            ProjectionExpression = expression,
            Limit = limit,
            ExclusiveStartKey = start,
        };
        return calls.LookAsync((client, token) => client.QueryAsync(request, token), cancellationToken);
    }

    /// <summary>Reads the rows of these ids, by id; ids without a row are left out.</summary>
    public async Task<Dictionary<string, JobRow>> GetAllAsync(IReadOnlyCollection<string> jobIds, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, JobRow>(StringComparer.Ordinal);
        foreach (var batch in jobIds.Chunk(BatchSize))
        {
            foreach (var row in await GetBatchAsync(batch, cancellationToken))
            {
                rows[row.Id] = row;
            }
        }

        return rows;
    }

    private async Task<IReadOnlyList<JobRow>> GetBatchAsync(string[] jobIds, CancellationToken cancellationToken)
    {
        if (_readsOneByOne)
        {
            return await GetOneByOneAsync(jobIds, cancellationToken);
        }

        try
        {
            var rows = new List<JobRow>();
            var left = new KeysAndAttributes { Keys = [.. jobIds.Select(Key)], ConsistentRead = true };
            while (left is { Keys.Count: > 0 })
            {
                var request = new BatchGetItemRequest { RequestItems = new Dictionary<string, KeysAndAttributes> { [calls.Table] = left } };
                var answer = await calls.WriteAsync((client, token) => client.BatchGetItemAsync(request, token), new Tries(), cancellationToken);
                rows.AddRange((answer.Responses?.GetValueOrDefault(calls.Table) ?? []).Select(AttributeValues.ToRow));

                // An answer holds 16 MB at most; what it left out is asked for again.
                left = answer.UnprocessedKeys?.GetValueOrDefault(calls.Table);
            }

            return rows;
        }
        catch (StoreException failure) when (TableFailure.IsRefused(failure.InnerException))
        {
            // The role of the existing deployment allows to read a row, but not many by one request.
            _readsOneByOne = true;
            return await GetOneByOneAsync(jobIds, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<JobRow>> GetOneByOneAsync(string[] jobIds, CancellationToken cancellationToken)
    {
        var rows = new ConcurrentBag<JobRow>();
        await Parallel.ForEachAsync(
            jobIds,
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken },
            async (jobId, token) =>
            {
                if (await GetAsync(jobId, new Tries(), token) is { } row)
                {
                    rows.Add(row);
                }
            });
        return [.. rows];
    }
}
