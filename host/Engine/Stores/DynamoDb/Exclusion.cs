using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Keeps jobs of one type and one value apart without a lock: look, claim, look again after the index's lag, and yield by a fixed rule.</summary>
/// <remarks>
/// Whoever claims while another still looks is seen by that one's last look, and then the greater id yields. Who sees a greater id waits for it to yield;
/// one that does not was there before, so this one yields. Two run at once only if the index lags by more than <see cref="DynamoDbOptions.IndexLag"/>.
/// </remarks>
internal sealed class Exclusion(RowReads reads, RowWrites writes, DynamoDbOptions options, TimeProvider time)
{
    // In lags: one for the other to see this claim, one for the answer to be seen, one to spare.
    private const int Patience = 3;

    public async Task<ClaimedJob?> ClaimAsync(ClaimRequest request, string attribute, CancellationToken cancellationToken)
    {
        if (request.Seen.JobType is not { } jobType || request.Seen.Text(attribute) is not { } value)
        {
            return await writes.ClaimAsync(request, cancellationToken);
        }

        var key = new Key(jobType, attribute, value, request.Seen.Id, request.Abandoned);
        if (await FirstRunningAsync(key, cancellationToken) is not null || await writes.ClaimAsync(request, cancellationToken) is not { } claimed)
        {
            return null;
        }

        try
        {
            if (await MayStayAsync(key, cancellationToken))
            {
                return claimed;
            }

            await writes.UndoAsync(request, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is StoreException or OperationCanceledException)
        {
            writes.GiveBackLater(request);
            throw;
        }
    }

    private async Task<bool> MayStayAsync(Key key, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        long? seenSince = null;
        while (true)
        {
            // Before the look: an answer that was long on its way shows what was there when it was asked for.
            var waited = time.GetElapsedTime(since);
            if (await FirstRunningAsync(key, cancellationToken) is not { } first)
            {
                if (waited >= options.IndexLag)
                {
                    return true;
                }
            }
            else
            {
                seenSince ??= time.GetTimestamp();
                if (string.CompareOrdinal(first, key.JobId) < 0 || time.GetElapsedTime(seenSince.Value) >= Patience * options.IndexLag)
                {
                    return false;
                }
            }

            await Task.Delay(options.IndexLag, time, cancellationToken);
        }
    }

    /// <summary>The smallest id of the other rows that are processing: by the index first, and then by the row itself, of which the index may show an old picture.</summary>
    private async Task<string?> FirstRunningAsync(Key key, CancellationToken cancellationToken)
    {
        string? first = null;
        string[] names = [.. new[] { JobAttributes.JobId, JobAttributes.Status, JobAttributes.JobType, key.Attribute }.Distinct()];
        Dictionary<string, Amazon.DynamoDBv2.Model.AttributeValue>? start = null;
        do
        {
            var page = await reads.QueryStatusAsync(JobStatuses.Processing, names, null, start, cancellationToken);
            foreach (var shown in (page.Items ?? []).Select(AttributeValues.ToRow).Where(key.Matches))
            {
                if (first is not null && string.CompareOrdinal(first, shown.Id) < 0)
                {
                    continue;
                }

                if (await reads.GetAsync(shown.Id, new Tries(), cancellationToken) is { Status: JobStatuses.Processing } row && key.Matches(row) && !key.IsAbandoned(row))
                {
                    first = row.Id;
                }
            }

            start = page.LastEvaluatedKey;
        }
        while (start is { Count: > 0 });
        return first;
    }

    private sealed record Key(string JobType, string Attribute, string Value, string JobId, IReadOnlyList<JobRow> Abandoned)
    {
        /// <summary>Whether the row is still as it was when its holder was found to be gone.</summary>
        public bool IsAbandoned(JobRow row) => Abandoned.Any(gone => gone.Id == row.Id && gone.LockText == row.LockText);

        public bool Matches(JobRow row) => row.Id != JobId && row.JobType == JobType && row.Text(Attribute) == Value;
    }
}
