using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores;

/// <summary>Which rows to list, and which page of them. Filters are joined by and; null does not filter.</summary>
internal sealed record JobFilter
{
    /// <summary>A status as stored, or the empty text for rows without one.</summary>
    public string? Status { get; init; }

    public string? JobType { get; init; }

    public string? ConversationId { get; init; }

    /// <summary>Whether rows written a moment ago have to be among them; a store whose indexes lag then reads the whole queue.</summary>
    public bool MustBeCurrent { get; init; }

    /// <summary>From 1 to 1,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The <see cref="JobPage.Next"/> of the page before, or null for the first.</summary>
    public string? After { get; init; }
}

/// <summary>A page of rows.</summary>
internal sealed record JobPage
{
    public required IReadOnlyList<JobRow> Rows { get; init; }

    /// <summary>What to pass as <see cref="JobFilter.After"/> for the rows behind this page, or null when there are none.</summary>
    public string? Next { get; init; }
}

/// <summary>What a poll looks for.</summary>
internal sealed record CandidateQuery
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>The job types to look for, or null for all, rows without a job type among them.</summary>
    public IReadOnlySet<string>? JobTypes { get; init; }

    /// <summary>Job types to leave out, for a query that looks for all others.</summary>
    public IReadOnlySet<string> ExceptJobTypes { get; init; } = new HashSet<string>();

    /// <summary>Job ids to leave out, because they were just lost or do not suit.</summary>
    public IReadOnlySet<string> Except { get; init; } = new HashSet<string>();

    /// <summary>How long a row that a foreign poller left for a recheck waits after its <c>updated_at</c>.</summary>
    public TimeSpan ForeignRecheckDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Attributes beside those of the existing schema that the caller judges by; a store may leave out all others.</summary>
    public IReadOnlySet<string> Attributes { get; init; } = new HashSet<string>();

    /// <summary>At most so many rows of each group.</summary>
    public required int Limit { get; init; }
}

/// <summary>The rows that a poll found, by group.</summary>
internal sealed record JobCandidates
{
    public required IReadOnlyList<JobRow> Pending { get; init; }

    public required IReadOnlyList<JobRow> DueRechecks { get; init; }

    public required IReadOnlyList<JobRow> Processing { get; init; }

    /// <summary>When the next row that is not due yet becomes due, or null when none waits; the query's own time when there is more to look at at once.</summary>
    public DateTimeOffset? NextDue { get; init; }
}
