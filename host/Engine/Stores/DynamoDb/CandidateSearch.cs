using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Finds what a poll could claim: one query a status and page, for all slots of the host.</summary>
/// <remarks>
/// The index gives the oldest rows first by the text of <c>created_at</c>, whose formats differ by hours at most; inside what was read the order is by
/// priority and parsed time. What does not suit is passed over here, page after page, so that it hides nothing behind it.
/// </remarks>
internal sealed class CandidateSearch(RowReads reads, RecentWrites recent, DynamoDbOptions options, TimeProvider time)
{
    private const int SmallestPage = 100;
    private const int LargestPage = 1000;

    /// <summary>What a candidate carries: all of the schema but what can be large.</summary>
    private static readonly string[] Known =
    [
        JobAttributes.JobId, JobAttributes.Status, JobAttributes.JobType, JobAttributes.CreatedAt, JobAttributes.UpdatedAt, JobAttributes.StartedAt,
        JobAttributes.CompletedAt, JobAttributes.WorkerId, JobAttributes.Version, JobAttributes.Priority, JobAttributes.ConversationId,
        JobAttributes.ReportId, JobAttributes.RetryCount, JobAttributes.MaxRetries, JobAttributes.TimeoutSeconds, JobAttributes.JobConfig,
        JobAttributes.LockExpiresAt, JobAttributes.ClaimId, JobAttributes.Attempt, JobAttributes.NotBefore, JobAttributes.Rechecks,
        JobAttributes.CancelRequested, "batch_id", "batch_job_id",
    ];

    private readonly WalkedStatus _pending = new(JobStatuses.Pending);
    private readonly SlowGroup _rechecks = new(JobStatuses.AwaitingRecheck);
    private readonly SlowGroup _processing = new(JobStatuses.Processing);

    /// <summary>Notes that a write of ours may have let a row wait for a recheck, so that they are read anew.</summary>
    public void Changed() => _rechecks.ReadAgain();

    /// <summary>Notes that somebody else was faster, so that the next look shows who holds rows.</summary>
    public void Lost() => _processing.ReadAgain();

    public async Task<JobCandidates> FindAsync(CandidateQuery query, CancellationToken cancellationToken)
    {
        string[] names = [.. Known.Union(query.Attributes, StringComparer.Ordinal)];
        var pending = ReadPendingAsync(query, names, cancellationToken);
        var rechecks = ReadAsync(_rechecks, names, cancellationToken);
        var processing = ReadAsync(_processing, names, cancellationToken);
        await Task.WhenAll(pending, rechecks, processing);
        var found = Grouped(query, Sought(await pending, query), Sought(await rechecks, query), Sought(await processing, query));
        return _pending.GoOnAt is null ? found : found with { NextDue = query.Now };
    }

    private static bool IsDue(JobRow row, DateTimeOffset now) => row.NotBefore is not { } time || time <= now;

    private static DateTimeOffset RecheckTime(JobRow row, CandidateQuery query) =>
        row.NotBefore ?? (row.UpdatedAt is { } updated ? updated + query.ForeignRecheckDelay : DateTimeOffset.MinValue);

    private static JobCandidates Grouped(CandidateQuery query, List<JobRow> pending, List<JobRow> rechecks, List<JobRow> processing)
    {
        var later = pending.Where(row => !IsDue(row, query.Now)).Select(row => row.NotBefore)
            .Concat(rechecks.Select(row => (DateTimeOffset?)RecheckTime(row, query)).Where(due => due > query.Now));
        return new JobCandidates
        {
            Pending =
            [
                .. pending.Where(row => IsDue(row, query.Now) && !query.Except.Contains(row.Id))
                    .OrderByDescending(row => row.Priority).ThenBy(row => row.CreatedAt ?? DateTimeOffset.MaxValue).ThenBy(row => row.Id, StringComparer.Ordinal)
                    .Take(query.Limit),
            ],
            DueRechecks =
            [
                .. rechecks.Where(row => RecheckTime(row, query) <= query.Now && !query.Except.Contains(row.Id))
                    .OrderBy(row => RecheckTime(row, query)).ThenBy(row => row.Id, StringComparer.Ordinal).Take(query.Limit),
            ],
            // Those that were left alone longest come first: of a held row the time goes on with each renewal, so that one that is not is never cut off for good.
            Processing = [.. processing.Where(row => !query.Except.Contains(row.Id)).OrderBy(row => row.UpdatedAt ?? DateTimeOffset.MinValue).Take(query.Limit)],
            NextDue = later.Min(),
        };
    }

    private static bool IsSought(JobRow row, CandidateQuery query) =>
        (query.JobTypes is null || query.JobTypes.Contains(row.JobType ?? "")) && !query.ExceptJobTypes.Contains(row.JobType ?? "");

    /// <summary>Leaves out other job types, and pictures of rows from before a write of ours.</summary>
    private List<JobRow> Sought(IReadOnlyList<JobRow> rows, CandidateQuery query) => [.. rows.Where(row => IsSought(row, query) && !recent.IsOld(row))];

    /// <summary>Reads pages until the group is full; where it was cut off before, it goes on there, so that every row is looked at in time.</summary>
    private async Task<IReadOnlyList<JobRow>> ReadPendingAsync(CandidateQuery query, string[] names, CancellationToken cancellationToken)
    {
        var rows = new List<JobRow>();
        var suitable = 0;
        var seen = 0;
        var start = _pending.GoOnAt;
        do
        {
            var page = await reads.QueryStatusAsync(_pending.Status, names, PageSize(query.Limit), start, cancellationToken);
            foreach (var row in (page.Items ?? []).Select(AttributeValues.ToRow))
            {
                rows.Add(row);
                suitable += IsSought(row, query) && IsDue(row, query.Now) && !query.Except.Contains(row.Id) && !recent.IsOld(row) ? 1 : 0;
            }

            seen += page.ScannedCount ?? 0;
            start = page.LastEvaluatedKey;
        }
        while (start is { Count: > 0 } && suitable < query.Limit && seen < options.MostEntriesPerPoll);
        _pending.GoOnAt = suitable == 0 && start is { Count: > 0 } ? start : null;
        return rows;
    }

    private static int PageSize(int limit) => Math.Clamp(2 * limit, SmallestPage, LargestPage);

    private async Task<IReadOnlyList<JobRow>> ReadAsync(SlowGroup group, string[] names, CancellationToken cancellationToken)
    {
        if (group.Rows is { } rows && time.GetElapsedTime(group.ReadAt) < options.SlowGroupsInterval)
        {
            return rows;
        }

        var read = new List<JobRow>();
        var since = time.GetTimestamp();
        var start = group.GoOnAt;
        var seen = 0;
        do
        {
            var page = await reads.QueryStatusAsync(group.Status, names, LargestPage, start, cancellationToken);
            read.AddRange((page.Items ?? []).Select(AttributeValues.ToRow));
            seen += page.ScannedCount ?? 0;
            start = page.LastEvaluatedKey;
        }
        while (start is { Count: > 0 } && seen < options.MostEntriesPerPoll);
        group.GoOnAt = start is { Count: > 0 } ? start : null;
        group.Keep(read, since);
        return read;
    }

    /// <summary>A status whose rows are read in turns when there are more than one poll looks at.</summary>
    private class WalkedStatus(string status)
    {
        public string Status { get; } = status;

        /// <summary>Where the next poll goes on, or null for the beginning.</summary>
        public Dictionary<string, Amazon.DynamoDBv2.Model.AttributeValue>? GoOnAt { get; set; }
    }

    /// <summary>A status whose rows were read a moment ago.</summary>
    private sealed class SlowGroup(string status) : WalkedStatus(status)
    {
        public IReadOnlyList<JobRow>? Rows { get; private set; }

        public long ReadAt { get; private set; }

        public void Keep(IReadOnlyList<JobRow> rows, long at) => (Rows, ReadAt) = (rows, at);

        public void ReadAgain() => Rows = null;
    }
}
