using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

internal enum ProbeState
{
    /// <summary>It was carried out.</summary>
    Allowed,

    /// <summary>There is no such table, or none that can be used yet.</summary>
    NoTable,

    /// <summary>The credentials may not do it.</summary>
    Refused,

    /// <summary>The table cannot do it: it has no such index, or another one of that name.</summary>
    Impossible,
}

/// <summary>What became of one probe.</summary>
/// <param name="State">How it ended.</param>
/// <param name="Message">What the service said, where it did not do it.</param>
internal sealed record Probe(ProbeState State, string Message = "");

/// <summary>Finds out what a table allows, one kind of request after another, none of which changes anything.</summary>
internal sealed class TableProbes(TableCalls calls, RowReads reads, RowWrites writes)
{
    public Task<Probe> ReadAsync(CancellationToken cancellationToken) => TryAsync(() => reads.GetAsync(RowWrites.ProbeId, cancellationToken));

    public Task<Probe> UpdateAsync(CancellationToken cancellationToken) => TryAsync(() => writes.ProbeAsync(cancellationToken));

    public Task<Probe> CreateAsync(CancellationToken cancellationToken) => TryAsync(() => writes.ProbeCreatingAsync(cancellationToken));

    public Task<Probe> ScanAsync(CancellationToken cancellationToken)
    {
        var request = new ScanRequest { TableName = calls.Table, Limit = 1 };
        return TryAsync(() => calls.LookAsync((client, token) => client.ScanAsync(request, token), cancellationToken));
    }

    public Task<Probe> ReadManyAsync(CancellationToken cancellationToken)
    {
        var key = new Dictionary<string, AttributeValue> { [JobAttributes.JobId] = new() { S = RowWrites.ProbeId } };
        var request = new BatchGetItemRequest { RequestItems = new Dictionary<string, KeysAndAttributes> { [calls.Table] = new() { Keys = [key] } } };
        return TryAsync(() => calls.LookAsync((client, token) => client.BatchGetItemAsync(request, token), cancellationToken));
    }

    /// <summary>Reads one entry of an index, with all attributes: refused where the index holds only some of them.</summary>
    public Task<Probe> QueryAsync(string index, string key, CancellationToken cancellationToken)
    {
        var request = new QueryRequest
        {
            TableName = calls.Table,
            IndexName = index,
            KeyConditionExpression = "#key = :value",
            ExpressionAttributeNames = new Dictionary<string, string> { ["#key"] = key },
            ExpressionAttributeValues = new Dictionary<string, AttributeValue> { [":value"] = new() { S = RowWrites.ProbeId } },
            Select = Select.ALL_ATTRIBUTES,
            Limit = 1,
        };
        return TryAsync(() => calls.LookAsync((client, token) => client.QueryAsync(request, token), cancellationToken));
    }

    /// <summary>Asks for the table's description, which many roles do not allow.</summary>
    public async Task<(Probe Probe, TableDescription? Description)> DescribeAsync(CancellationToken cancellationToken)
    {
        TableDescription? description = null;
        var probe = await TryAsync(async () =>
        {
            var request = new DescribeTableRequest { TableName = calls.Table };
            var answer = await calls.LookAsync((client, token) => client.DescribeTableAsync(request, token), cancellationToken);
            description = answer.Table;
        });
        return (probe, description);
    }

    /// <exception cref="StoreException">It failed in a way that says nothing about the table: not reached, throttled, no valid credentials.</exception>
    private static async Task<Probe> TryAsync(Func<Task> send)
    {
        try
        {
            await send();
            return new Probe(ProbeState.Allowed);
        }
        catch (StoreException failure) when (failure.InnerException is ResourceNotFoundException)
        {
            return new Probe(ProbeState.NoTable, failure.Message);
        }
        catch (StoreException failure) when (TableFailure.IsRefused(failure.InnerException))
        {
            return new Probe(ProbeState.Refused, failure.InnerException?.Message ?? "");
        }
        catch (StoreException failure) when (TableFailure.IsInvalid(failure.InnerException))
        {
            return new Probe(ProbeState.Impossible, failure.InnerException?.Message ?? "");
        }
    }
}
