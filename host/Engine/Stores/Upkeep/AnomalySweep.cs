using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Upkeep;

/// <summary>One kind of rows that no healthy writer leaves.</summary>
internal sealed record Anomaly
{
    /// <summary>A stable name, such as <c>processing_without_lock</c>.</summary>
    public required string Kind { get; init; }

    public required int Count { get; init; }

    /// <summary>The first few ids.</summary>
    public required IReadOnlyList<string> JobIds { get; init; }

    /// <summary>What it means and what to do.</summary>
    public required string Advice { get; init; }
}

/// <summary>Looks at every row of a store, and counts them by status and by what is odd about them. A row counts under one anomaly at most.</summary>
internal sealed class AnomalySweep
{
    private const int MostIds = 5;

    private static readonly string[] Names =
    [
        JobAttributes.JobId, JobAttributes.Status, JobAttributes.JobType, JobAttributes.CreatedAt, JobAttributes.LockExpiresAt, JobAttributes.ConversationId,
    ];

    private static readonly (string Kind, Func<JobRow, bool> IsMet, string Advice)[] Kinds =
    [
        ("ghost_row", row => row.Raw(JobAttributes.Status) is null && row.JobType is null && row.CreatedAt is null && row.ConversationId is null,
            "Left by a log write to a row that was deleted. No program runs or shows it; delete it when its log is of no more use."),
        ("no_status", row => row.Status is null,
            "No host and no poller finds it. If its job is still wanted, submit it anew; then delete the row or set its status to FAILED."),
        ("locked_for_checking", row => row.Status == "LOCKED_FOR_CHECKING",
            "Left by a poller of 2025 that ended in the middle of a check. Nothing runs it; set its status to AWAITING_RECHECK to have the batch checked, or to FAILED."),
        ("lower_case_status", row => row.Status is { } status && IsKnown(status.ToUpperInvariant()) && !IsKnown(status),
            "Every reader compares the capital letters, so that nothing runs it. Write the status in capitals."),
        ("unknown_status", row => row.Status is { } status && !IsKnown(status),
            "No program knows this status, so that nothing runs it. Set it to FAILED, or to PENDING if its job is to be run."),
        ("no_created_at", row => row.Raw(JobAttributes.CreatedAt) is null,
            "The indexes by status and conversation do not hold it, so that nothing runs it and few lists show it. Set created_at."),
        ("processing_without_lock", row => row.Status == JobStatuses.Processing && RowTime.Parse(row.LockText) is null,
            "Nothing says when its claim lapses; a host takes it for lapsed only when it has not changed for long. See whether its process still runs."),
    ];

    private readonly int[] _counts = new int[Kinds.Length];
    private readonly List<string>[] _ids = [.. Kinds.Select(_ => new List<string>())];
    private readonly SortedDictionary<string, int> _statuses = new(StringComparer.Ordinal);

    private AnomalySweep()
    {
    }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; private set; }

    /// <summary>How many rows there are of each status as stored; the empty text stands for none.</summary>
    public IReadOnlyDictionary<string, int> Statuses => _statuses;

    /// <summary>The kinds that were found.</summary>
    public IReadOnlyList<Anomaly> Found =>
    [
        .. Kinds.Select((kind, number) => new Anomaly { Kind = kind.Kind, Count = _counts[number], JobIds = _ids[number], Advice = kind.Advice })
            .Where(anomaly => anomaly.Count > 0),
    ];

    public static async Task<AnomalySweep> LookAsync(IStoreUpkeep store, CancellationToken cancellationToken)
    {
        var sweep = new AnomalySweep();
        await foreach (var row in store.ReadRowsAsync(Names, cancellationToken))
        {
            sweep.Add(row);
        }

        return sweep;
    }

    private static bool IsKnown(string status) =>
        status is JobStatuses.Pending or JobStatuses.Processing or JobStatuses.AwaitingRecheck or JobStatuses.Completed or JobStatuses.Failed;

    private void Add(JobRow row)
    {
        Rows++;
        _statuses[row.Status ?? ""] = _statuses.GetValueOrDefault(row.Status ?? "") + 1;
        var kind = Array.FindIndex(Kinds, kind => kind.IsMet(row));
        if (kind < 0)
        {
            return;
        }

        _counts[kind]++;
        if (_ids[kind].Count < MostIds)
        {
            _ids[kind].Add(row.Id);
        }
    }
}
