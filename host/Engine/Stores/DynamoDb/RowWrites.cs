using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>The writes of the store's contract but for the ends of claims. Each is one request; its failed condition says what to make of it.</summary>
internal sealed class RowWrites(TableCalls calls, RowReads reads, RecentWrites recent, TimeProvider time)
{
    public const string ProbeId = "delphi-runner probe";

    private readonly UnresolvedClaims _unresolved = new();

    /// <summary>Stores a new row.</summary>
    /// <remarks>A row that is there already may be our own, if an earlier try had no answer: then it holds exactly what was given.</remarks>
    public async Task<bool> CreateAsync(JobRow row, CancellationToken cancellationToken)
    {
        var item = NewItem.Of(row);
        var request = new PutItemRequest
        {
            TableName = calls.Table,
            Item = item,
            ConditionExpression = "attribute_not_exists(#id)",
            ExpressionAttributeNames = new Dictionary<string, string> { ["#id"] = JobAttributes.JobId },
            ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
        };
        var tries = new Tries();
        try
        {
            await calls.WriteAsync((client, token) => client.PutItemAsync(request, token), tries, cancellationToken);
            return true;
        }
        catch (ConditionalCheckFailedException failure)
        {
            return tries.MayHaveSucceeded
                && await reads.GetMissedAsync(row.Id, failure, tries, cancellationToken) is { } stored
                && NewItem.Holds(stored, row);
        }
        catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure))
        {
            throw new InvalidRowException($"Row '{row.Id}' is larger than the 400 KB that DynamoDB holds. Shorten its configuration or its log.", failure);
        }
        catch (StoreException failure) when (TableFailure.IsInvalid(failure.InnerException))
        {
            // Nothing of the request depends on anything but the row: an empty set, a number of 40 digits, values nested too deep.
            throw new InvalidRowException($"DynamoDB cannot hold row '{row.Id}': {failure.InnerException?.Message}", failure);
        }
    }

    public async Task<ClaimedJob?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (request.Seen.Status is not (JobStatuses.Pending or JobStatuses.AwaitingRecheck or JobStatuses.Processing))
        {
            return null;
        }

        var tries = new Tries();
        try
        {
            return await ClaimAsync(request, tries, cancellationToken);
        }
        catch (Exception exception) when (tries.MayHaveSucceeded && exception is StoreException or OperationCanceledException)
        {
            // Nobody will run it: before the next look it is given back, if it was stored at all.
            _unresolved.Add(request);
            throw;
        }
    }

    /// <summary>Gives a claim back before the next look, when it cannot be done now.</summary>
    public void GiveBackLater(ClaimRequest request) => _unresolved.Add(request);

    /// <summary>Gives back what earlier claims without an answer may have taken.</summary>
    public async Task ResolveClaimsAsync(CancellationToken cancellationToken)
    {
        foreach (var request in _unresolved.All)
        {
            await UndoAsync(request, cancellationToken);
            _unresolved.Remove(request);
        }
    }

    /// <summary>Gives a row back as it was seen, as if it had not been claimed; only its version goes on.</summary>
    public async Task UndoAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        var seen = request.Seen;
        var update = new ItemUpdate(seen.Id, WriteIds.New())
            .WhereHeld(request.Claim)
            .Set(JobAttributes.Version, RowVersion.After(seen.RawVersion) + 1);
        foreach (var name in new[]
        {
            JobAttributes.Status, JobAttributes.WorkerId, JobAttributes.ClaimId, JobAttributes.Attempt, JobAttributes.Rechecks, JobAttributes.RetryCount,
            JobAttributes.StartedAt, JobAttributes.UpdatedAt, JobAttributes.LockExpiresAt, JobAttributes.NotBefore,
        })
        {
            update.Restore(name, seen.Raw(name));
        }

        try
        {
            await calls.WriteAsync(
                (client, token) => client.UpdateItemAsync(update.ToRequest(calls.Table, ReturnValue.NONE), token), new Tries(), cancellationToken);
            recent.Remember(seen.Id, RowVersion.After(seen.RawVersion) + 1);
        }
        catch (ConditionalCheckFailedException)
        {
            // It was never stored, or it is somebody else's by now.
        }
    }

    /// <summary>Renews a claim; a log that the row cannot take any more is shortened rather than lost.</summary>
    public async Task<ClaimState> RenewAsync(Claim claim, DateTimeOffset lockExpiresAt, string? logs, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var isLooked = false;
        var isCancelled = false;
        for (var step = 0; ;)
        {
            var update = new ItemUpdate(claim.JobId, WriteIds.New())
                .WhereHeld(claim)
                .Set(JobAttributes.LockExpiresAt, lockExpiresAt)
                .Set(JobAttributes.UpdatedAt, now)
                .SetIfGiven(JobAttributes.Logs, logs is null || step >= LogSteps.Count ? null : LogSteps.Shorten(logs, step, now));
            if (!isLooked)
            {
                // So that the answer need not carry the whole row to tell of a request.
                update.Where(JobAttributes.CancelRequested, null);
            }

            var tries = new Tries();
            try
            {
                await calls.RenewAsync(
                    (client, token) => client.UpdateItemAsync(update.ToRequest(calls.Table, ReturnValue.NONE), token), tries, cancellationToken);
                return isCancelled ? ClaimState.CancelRequested : ClaimState.Held;
            }
            catch (ConditionalCheckFailedException failure)
            {
                var row = await reads.GetMissedAsync(claim.JobId, failure, tries, cancellationToken);
                if (new MissedWrite(row, claim).Result == FinishResult.ForeignEnd)
                {
                    return ClaimState.Ended;
                }

                if (isLooked || row is not { Status: JobStatuses.Processing } || row.ClaimId != claim.ClaimId || row.WorkerId != claim.WorkerId)
                {
                    return ClaimState.Lost;
                }

                isLooked = true;
                isCancelled = row.CancelRequested is not null;
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure) && logs is not null && step < LogSteps.Count)
            {
                step++;
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure))
            {
                throw calls.Failed(failure);
            }
        }
    }

    public async Task<bool> RequestCancelAsync(string jobId, string request, CancellationToken cancellationToken)
    {
        if (jobId.Length == 0)
        {
            return false;
        }

        var update = new ItemUpdate(jobId, WriteIds.New())
            .WhereNot(JobAttributes.Status, JobStatuses.Completed)
            .WhereNot(JobAttributes.Status, JobStatuses.Failed)
            .Set(JobAttributes.CancelRequested, request);
        var tries = new Tries();
        try
        {
            await calls.WriteAsync((client, token) => client.UpdateItemAsync(update.ToRequest(calls.Table, ReturnValue.NONE), token), tries, cancellationToken);
            return true;
        }
        catch (ConditionalCheckFailedException failure)
        {
            // It may have been ours: asked for, answered by the end of the job, and only then tried again.
            var row = await reads.GetMissedAsync(jobId, failure, tries, cancellationToken);
            return row?.Text(JobAttributes.WriteId) == update.WriteId;
        }
        catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure))
        {
            throw calls.Failed(failure);
        }
    }

    /// <summary>Tries to create a row under a condition that cannot hold: it changes nothing, and is refused where creating is.</summary>
    public async Task ProbeCreatingAsync(CancellationToken cancellationToken)
    {
        var request = new PutItemRequest
        {
            TableName = calls.Table,
            Item = new Dictionary<string, AttributeValue> { [JobAttributes.JobId] = new() { S = ProbeId } },
            ConditionExpression = "attribute_exists(#id) AND attribute_not_exists(#id)",
            ExpressionAttributeNames = new Dictionary<string, string> { ["#id"] = JobAttributes.JobId },
        };
        try
        {
            await calls.ClaimAsync((client, token) => client.PutItemAsync(request, token), new Tries(), cancellationToken);
        }
        catch (ConditionalCheckFailedException)
        {
            // As it has to: rows can be created.
        }
    }

    /// <summary>Tries an update that no row can meet: it changes nothing, and is refused where writing is.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var update = new ItemUpdate(ProbeId, WriteIds.New()).Where(JobAttributes.JobId, null);
        try
        {
            await calls.ClaimAsync(
                (client, token) => client.UpdateItemAsync(update.ToRequest(calls.Table, ReturnValue.NONE), token), new Tries(), cancellationToken);
        }
        catch (ConditionalCheckFailedException)
        {
            // As it has to: the table can be written.
        }
    }

    private async Task<ClaimedJob?> ClaimAsync(ClaimRequest request, Tries tries, CancellationToken cancellationToken)
    {
        for (var step = 0; ;)
        {
            var update = ClaimUpdate(request, step == 0 ? null : await ShorterLogsAsync(request, step, tries, cancellationToken));
            try
            {
                var answer = await calls.ClaimAsync(
                    (client, token) => client.UpdateItemAsync(update.ToRequest(calls.Table, ReturnValue.ALL_NEW), token), tries, cancellationToken);
                return Claimed(request, AttributeValues.ToRow(answer.Attributes));
            }
            catch (ConditionalCheckFailedException failure)
            {
                var row = await reads.GetMissedAsync(request.Claim.JobId, failure, tries, cancellationToken);
                return row?.ClaimId == request.Claim.ClaimId ? Claimed(request, row) : Lost(request, row);
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure))
            {
                if (++step >= LogSteps.Count)
                {
                    throw new InvalidRowException(
                        $"Row '{request.Claim.JobId}' is so near to DynamoDB's limit of 400 KB that it cannot be claimed, even without its log. Shorten its attributes.", failure);
                }
            }
        }
    }

    private static ItemUpdate ClaimUpdate(ClaimRequest request, string? logs)
    {
        var seen = request.Seen;
        return new ItemUpdate(request.Claim.JobId, WriteIds.New())
            .Where(JobAttributes.Status, seen.RawStatus)
            .Where(JobAttributes.Version, seen.RawVersion)
            .Where(JobAttributes.ClaimId, seen.Raw(JobAttributes.ClaimId))
            .Where(JobAttributes.LockExpiresAt, seen.Raw(JobAttributes.LockExpiresAt))
            .Set(JobAttributes.Status, JobStatuses.Processing)
            .Set(JobAttributes.WorkerId, request.Claim.WorkerId)
            .Set(JobAttributes.ClaimId, request.Claim.ClaimId)
            .Set(JobAttributes.Attempt, request.Claim.Attempt)
            .Set(JobAttributes.Rechecks, request.Rechecks)
            .Set(JobAttributes.RetryCount, Math.Max(0, request.Claim.Attempt - 1))
            .Set(JobAttributes.StartedAt, request.StartedAt)
            .Set(JobAttributes.UpdatedAt, request.StartedAt)
            .Set(JobAttributes.LockExpiresAt, request.LockExpiresAt)
            .Set(JobAttributes.Version, RowVersion.After(seen.RawVersion))
            .SetIfGiven(JobAttributes.Logs, logs)
            .Remove(JobAttributes.NotBefore);
    }

    private async Task<string> ShorterLogsAsync(ClaimRequest request, int step, Tries tries, CancellationToken cancellationToken)
    {
        var row = await reads.GetAsync(request.Claim.JobId, tries, cancellationToken);
        return LogSteps.Shorten(row?.Text(JobAttributes.Logs) ?? "", step, time.GetUtcNow());
    }

    private ClaimedJob Claimed(ClaimRequest request, JobRow row)
    {
        recent.Remember(row);
        return new ClaimedJob { Row = row, Claim = request.Claim };
    }

    private ClaimedJob? Lost(ClaimRequest request, JobRow? row)
    {
        if (row is null)
        {
            recent.RememberGone(request.Claim.JobId);
        }
        else
        {
            recent.Remember(row);
        }

        return null;
    }
}
