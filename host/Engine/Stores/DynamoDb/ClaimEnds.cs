using System.Text.Json.Nodes;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Ends claims: one request without a read; what its failed condition brings decides what it means.</summary>
internal sealed class ClaimEnds(TableCalls calls, RowReads reads, RecentWrites recent, TimeProvider time)
{
    // A row whose status two others change at this very moment is given up to them after so many looks.
    private const int MostLooks = 4;

    public async Task<FinishResult> FinishAsync(Claim claim, JobFinish finish, CancellationToken cancellationToken)
    {
        var attributes = Checked(finish.Attributes);
        var writeId = WriteIds.OfEnd(claim, finish.Status, finish.CompletedAt, finish.Results);
        var (result, row) = await EndAsync(
            claim, writeId, new ForeignEnd(finish), (step, version) => FinishUpdate(claim, finish, attributes, writeId, step, version), attributes.Count > 0, cancellationToken);
        return result == FinishResult.Lost && new MissedWrite(row, claim).IsEndedBy(claim, finish) ? FinishResult.Recorded : result;
    }

    public async Task<FinishResult> ReleaseAsync(Claim claim, JobRelease release, CancellationToken cancellationToken)
    {
        var attributes = Checked(release.Attributes);
        var writeId = WriteIds.OfEnd(claim, release.Status, release.UpdatedAt, release.Attempts);
        var (result, _) = await EndAsync(
            claim, writeId, new ForeignEnd(release), (step, version) => ReleaseUpdate(claim, release, attributes, writeId, step, version), attributes.Count > 0, cancellationToken);
        return result;
    }

    private static Dictionary<string, AttributeValue> Checked(IReadOnlyDictionary<string, RowValue> attributes)
    {
        var owned = attributes.Keys.FirstOrDefault(JobAttributes.OwnedByHost.Contains);
        return owned is null
            ? NewItem.Of(attributes)
            : throw new ArgumentException($"Attribute '{owned}' is the host's own; a handler cannot set it.", nameof(attributes));
    }

    /// <summary>Beyond the last step for the log, only what a reader of the row cannot do without is written.</summary>
    private ItemUpdate FinishUpdate(
        Claim claim, JobFinish finish, Dictionary<string, AttributeValue> attributes, string writeId, int step, RowValue? version)
    {
        var update = new ItemUpdate(claim.JobId, writeId)
            .WhereHeld(claim)
            .Set(JobAttributes.Status, finish.Status)
            .Set(JobAttributes.CompletedAt, finish.CompletedAt)
            .Set(JobAttributes.UpdatedAt, finish.CompletedAt)
            .Set(JobAttributes.ProcessExitConfirmed, finish.ProcessExitConfirmed)
            .Set(JobAttributes.Logs, LogSteps.Shorten(finish.Logs, Math.Min(step, LogSteps.Count - 1), time.GetUtcNow()))
            .RaiseVersion(version)
            .Remove(JobAttributes.ClaimId)
            .Remove(JobAttributes.LockExpiresAt)
            .Remove(JobAttributes.CancelRequested);
        if (step >= LogSteps.Count)
        {
            return update.Set(JobAttributes.JobResults, BareResults(finish)).Remove(JobAttributes.Attempts);
        }

        update.Set(JobAttributes.JobResults, finish.Results)
            .Set(JobAttributes.ExitProof, finish.ExitProof)
            .Set(JobAttributes.Attempts, finish.Attempts)
            .SetIfGiven(JobAttributes.HandledBy, finish.HandledBy)
            .SetIfGiven(JobAttributes.ErrorMessage, attributes.ContainsKey(JobAttributes.ErrorMessage) ? null : finish.ErrorMessage);
        foreach (var (name, value) in attributes)
        {
            update.Set(name, value);
        }

        return update;
    }

    private ItemUpdate ReleaseUpdate(
        Claim claim, JobRelease release, Dictionary<string, AttributeValue> attributes, string writeId, int step, RowValue? version)
    {
        var update = new ItemUpdate(claim.JobId, writeId)
            .WhereHeld(claim)
            .Set(JobAttributes.Status, release.Status)
            .Set(JobAttributes.WorkerId, "none")
            .Set(JobAttributes.UpdatedAt, release.UpdatedAt)
            .Set(JobAttributes.Attempt, release.Attempt)
            .Set(JobAttributes.RetryCount, Math.Max(0, release.Attempt - 1))
            .Set(JobAttributes.Rechecks, release.Rechecks)
            .Set(JobAttributes.Logs, LogSteps.Shorten(release.Logs, Math.Min(step, LogSteps.Count - 1), time.GetUtcNow()))
            .RaiseVersion(version)
            .Remove(JobAttributes.ClaimId)
            .Remove(JobAttributes.LockExpiresAt);
        _ = release.NotBefore is { } notBefore ? update.Set(JobAttributes.NotBefore, notBefore) : update.Remove(JobAttributes.NotBefore);
        foreach (var (name, value) in attributes)
        {
            update.Set(name, value);
        }

        return step >= LogSteps.Count
            ? update.Remove(JobAttributes.Attempts)
            : update.Set(JobAttributes.Attempts, release.Attempts).SetIfGiven(JobAttributes.HandledBy, release.HandledBy);
    }

    private static string BareResults(JobFinish finish) => new JsonObject
    {
        ["result_type"] = finish.Status == JobStatuses.Completed ? "SUCCESS" : "FAILURE",
        ["completed_at"] = RowTime.Format(finish.CompletedAt),
        ["results_dropped"] = "The row was at DynamoDB's limit of 400 KB.",
    }.ToJsonString();

    private async Task<(FinishResult Result, JobRow? Row)> EndAsync(
        Claim claim, string writeId, ForeignEnd end, Func<int, RowValue?, ItemUpdate> updateFor, bool hasAttributes, CancellationToken cancellationToken)
    {
        var tries = new Tries();
        var step = 0;
        RowValue? version = null;
        JobRow? row = null;
        for (var looks = 0; looks < MostLooks;)
        {
            try
            {
                await SendAsync(updateFor(step, version), tries, cancellationToken);
                recent.Raise(claim.JobId);
                return (FinishResult.Recorded, null);
            }
            catch (ConditionalCheckFailedException failure)
            {
                looks++;
                row = await reads.GetMissedAsync(claim.JobId, failure, tries, cancellationToken);
                if (row?.Text(JobAttributes.WriteId) == writeId)
                {
                    recent.Remember(row);
                    return (FinishResult.Recorded, row);
                }

                var result = new MissedWrite(row, claim).Result;
                if (result == FinishResult.ForeignEnd && await TryAddAsync(claim, row!, writeId, end, tries, cancellationToken)) // There is a row.
                {
                    return (FinishResult.ForeignEnd, row);
                }

                if (result != FinishResult.ForeignEnd && !IsHeld(row, claim))
                {
                    return (result, row);
                }

                // Somebody changed the version's value between our read and the write, or the status again: look once more.
                version = version is null ? null : row?.RawVersion;
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsWrongOperand(failure) && version is null)
            {
                version = (await reads.GetAsync(claim.JobId, tries, cancellationToken))?.RawVersion;
                looks++;
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure) && step < LogSteps.Count)
            {
                step++;
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure) && hasAttributes)
            {
                throw NotStorable(claim, failure);
            }
            catch (StoreException failure) when (TableFailure.IsInvalid(failure.InnerException) && hasAttributes)
            {
                // All else that an end writes is the host's own: a number of 40 digits, an empty name, values nested too deep.
                throw NotStorable(claim, failure.InnerException!); // It is one of the table's.
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure) || TableFailure.IsWrongOperand(failure))
            {
                throw calls.Failed(failure);
            }
        }

        return (FinishResult.Lost, row);
    }

    private static InvalidRowException NotStorable(Claim claim, Exception failure) =>
        new($"DynamoDB cannot hold what the handler of job '{claim.JobId}' set: {failure.Message}", failure);

    private static bool IsHeld(JobRow? row, Claim claim) =>
        row is { Status: JobStatuses.Processing } && row.ClaimId == claim.ClaimId && row.WorkerId == claim.WorkerId;

    /// <summary>Adds what we know to a row that somebody else ended while we held it.</summary>
    private async Task<bool> TryAddAsync(Claim claim, JobRow row, string writeId, ForeignEnd end, Tries tries, CancellationToken cancellationToken)
    {
        for (var step = 0; ;)
        {
            var update = AddUpdate(claim, row, writeId, end, step);
            try
            {
                await SendAsync(update, tries, cancellationToken);
                return true;
            }
            catch (ConditionalCheckFailedException failure)
            {
                var now = await reads.GetMissedAsync(claim.JobId, failure, tries, cancellationToken);
                return now?.Text(JobAttributes.WriteId) == writeId;
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure) && step < LogSteps.Count)
            {
                step++;
            }
            catch (AmazonDynamoDBException failure) when (TableFailure.IsTooLarge(failure) || TableFailure.IsWrongOperand(failure))
            {
                throw calls.Failed(failure);
            }
        }
    }

    private ItemUpdate AddUpdate(Claim claim, JobRow row, string writeId, ForeignEnd end, int step)
    {
        var update = new ItemUpdate(claim.JobId, writeId)
            .WhereHeld(claim, row.Status!) // A terminal row has a status.
            .Set(JobAttributes.UpdatedAt, end.At)
            .Set(JobAttributes.Logs, LogSteps.Shorten(end.Logs, Math.Min(step, LogSteps.Count - 1), time.GetUtcNow()))
            .SetIfGiven(JobAttributes.JobResults, end.Results)
            .RaiseVersion(row.RawVersion)
            .Remove(JobAttributes.ClaimId)
            .Remove(JobAttributes.LockExpiresAt)
            .Remove(JobAttributes.CancelRequested);
        if (row.Text(JobAttributes.CompletedAt) is null)
        {
            update.Set(JobAttributes.CompletedAt, end.At);
        }

        if (end.ProcessExitConfirmed is { } confirmed)
        {
            update.Set(JobAttributes.ProcessExitConfirmed, confirmed);
        }

        return step >= LogSteps.Count
            ? update
            : update.Set(JobAttributes.Attempts, end.Attempts).SetIfGiven(JobAttributes.ExitProof, end.ExitProof).SetIfGiven(JobAttributes.HandledBy, end.HandledBy);
    }

    private Task<UpdateItemResponse> SendAsync(ItemUpdate update, Tries tries, CancellationToken cancellationToken)
    {
        var request = update.ToRequest(calls.Table, ReturnValue.NONE);
        return calls.WriteAsync((client, token) => client.UpdateItemAsync(request, token), tries, cancellationToken);
    }
}
