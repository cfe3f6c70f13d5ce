using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Keeps jobs of one type and one value apart without a lock: look, claim, look again after the index's lag, and yield by a fixed rule.</summary>
/// <remarks>
/// Whoever claimed more than the lag ago is seen by the look before the claim. Of those who claim within that time each sees the other by the last
/// look, and the smaller id stays. So two of them run at once only if the index lags by more than half of what is waited for.
/// </remarks>
internal sealed class Exclusion(RowReads reads, RowWrites writes, DynamoDbOptions options, TimeProvider time)
{
    public async Task<ClaimedJob?> ClaimAsync(ClaimRequest request, string attribute, CancellationToken cancellationToken)
    {
        if (request.Seen.JobType is not { } jobType || request.Seen.Text(attribute) is not { } value)
        {
            return await writes.ClaimAsync(request, cancellationToken);
        }

        var key = new Key(jobType, attribute, value, request.Seen.Id);
        if (await AnyRunsAsync(key, _ => true, cancellationToken) || await writes.ClaimAsync(request, cancellationToken) is not { } claimed)
        {
            return null;
        }

        bool GoesFirst(JobRow other) => string.CompareOrdinal(other.Id, key.JobId) < 0;

        try
        {
            if (!await AnyRunsAsync(key, GoesFirst, cancellationToken))
            {
                await Task.Delay(options.IndexLag, time, cancellationToken);
                if (!await AnyRunsAsync(key, GoesFirst, cancellationToken))
                {
                    return claimed;
                }
            }
        }
        catch (Exception exception) when (exception is StoreException or OperationCanceledException)
        {
            writes.GiveBackLater(request);
            throw;
        }

        await writes.UndoAsync(request, cancellationToken);
        return null;
    }

    /// <summary>Whether another row is processing, by the index first and then by the row itself, which the index may show late.</summary>
    private async Task<bool> AnyRunsAsync(Key key, Func<JobRow, bool> counts, CancellationToken cancellationToken)
    {
        Dictionary<string, Amazon.DynamoDBv2.Model.AttributeValue>? start = null;
        do
        {
            string[] names = [.. new[] { JobAttributes.JobId, JobAttributes.Status, JobAttributes.JobType, key.Attribute }.Distinct()];
            var page = await reads.QueryStatusAsync(JobStatuses.Processing, names, null, start, cancellationToken);
            foreach (var shown in (page.Items ?? []).Select(AttributeValues.ToRow).Where(row => key.Matches(row) && counts(row)))
            {
                if (await reads.GetAsync(shown.Id, new Tries(), cancellationToken) is { Status: JobStatuses.Processing } row && key.Matches(row))
                {
                    return true;
                }
            }

            start = page.LastEvaluatedKey;
        }
        while (start is { Count: > 0 });
        return false;
    }

    private sealed record Key(string JobType, string Attribute, string Value, string JobId)
    {
        public bool Matches(JobRow row) => row.Id != JobId && row.JobType == JobType && row.Text(Attribute) == Value;
    }
}
