using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>Finds what a poll could claim by walking the partial indexes of the open rows; finished rows are not touched.</summary>
internal sealed class CandidateSearch(StatementCache statements, CandidateQuery query)
{
    private const string Sought = "SELECT id, job_id, job_type, due_us, updated_us, priority_order, oldest_order FROM jobs ";

    public const string PendingAtOnce = Sought + "WHERE status = 'PENDING' AND due_us = 0 ORDER BY priority_order DESC, oldest_order, job_id";

    public const string PendingDue =
        Sought + "WHERE status = 'PENDING' AND due_us > 0 AND due_us <= ?1 ORDER BY priority_order DESC, oldest_order, job_id";

    public const string PendingLater = Sought + "WHERE status = 'PENDING' AND due_us > ?1 ORDER BY due_us";

    public const string RecheckDue = Sought + "WHERE status = 'AWAITING_RECHECK' AND due_us > 0 AND due_us <= ?1 ORDER BY due_us, job_id";

    public const string RecheckLater = Sought + "WHERE status = 'AWAITING_RECHECK' AND due_us > ?1 ORDER BY due_us";

    public const string ForeignRecheckDue =
        Sought + "WHERE status = 'AWAITING_RECHECK' AND due_us = 0 AND updated_us <= ?1 ORDER BY updated_us, job_id";

    public const string ForeignRecheckLater = Sought + "WHERE status = 'AWAITING_RECHECK' AND due_us = 0 AND updated_us > ?1 ORDER BY updated_us";

    public const string Processing = Sought + "WHERE status = 'PROCESSING' ORDER BY updated_us, job_id";

    private readonly long _now = JobTable.Microseconds(query.Now, 0);
    private readonly long _delay = query.ForeignRecheckDelay.Ticks / TimeSpan.TicksPerMicrosecond;

    private long ForeignBefore => _now - _delay;

    public JobCandidates Find(Func<long, JobRow> read) => new()
    {
        Pending = Read(
            Merge(Found(PendingAtOnce, null), Found(PendingDue, _now))
                .OrderByDescending(found => found.Priority).ThenBy(found => found.Created).ThenBy(found => found.JobId, StringComparer.Ordinal),
            read),
        DueRechecks = Read(
            Merge(Found(RecheckDue, _now), Found(ForeignRecheckDue, ForeignBefore)).OrderBy(DueOf).ThenBy(found => found.JobId, StringComparer.Ordinal),
            read),
        Processing = Read(Found(Processing, null), read),
        NextDue = FirstOf(First(PendingLater, _now), First(RecheckLater, _now), First(ForeignRecheckLater, ForeignBefore)),
    };

    private static IEnumerable<Candidate> Merge(List<Candidate> one, List<Candidate> other) => one.Concat(other);

    private List<JobRow> Read(IEnumerable<Candidate> found, Func<long, JobRow> read) =>
        [.. found.Take(query.Limit).Select(candidate => read(candidate.RowId))];

    /// <summary>Walks an index until the limit; what the caller leaves out does not count.</summary>
    private List<Candidate> Found(string sql, long? bound)
    {
        var found = new List<Candidate>();
        var statement = Start(sql, bound);
        while (found.Count < query.Limit && statement.Step())
        {
            if (IsSought(statement) && TextOf(statement, 1) is var id && !query.Except.Contains(id))
            {
                found.Add(new Candidate(
                    statement.Integer(0), id, statement.Integer(3), statement.Integer(4), statement.Integer(5), statement.Integer(6)));
            }
        }

        statement.Reset();
        return found;
    }

    private long? First(string sql, long bound)
    {
        var statement = Start(sql, bound);
        long? due = null;
        while (due is null && statement.Step())
        {
            if (IsSought(statement))
            {
                due = DueOf(new Candidate(0, "", statement.Integer(3), statement.Integer(4), 0, 0));
            }
        }

        statement.Reset();
        return due;
    }

    private Statement Start(string sql, long? bound)
    {
        var statement = statements[sql];
        return bound is { } value ? statement.Bind(1, value) : statement;
    }

    private bool IsSought(Statement statement)
    {
        var jobType = TextOf(statement, 2);
        return (query.JobTypes is null || query.JobTypes.Contains(jobType)) && !query.ExceptJobTypes.Contains(jobType);
    }

    /// <summary>The text or number of a column as a row's readers give it; empty where there is none.</summary>
    private static string TextOf(Statement statement, int column) =>
        statement.Value(column) is { Kind: RowValueKind.S or RowValueKind.N } value ? value.Text : "";

    private long DueOf(Candidate candidate) => candidate.Due > 0 ? candidate.Due : candidate.Updated + _delay;

    private static DateTimeOffset? FirstOf(params ReadOnlySpan<long?> times)
    {
        long? first = null;
        foreach (var time in times)
        {
            first = first is null || time < first ? time ?? first : first;
        }

        return first is { } microseconds && microseconds < JobTable.Last
            ? DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : null;
    }

    private readonly record struct Candidate(long RowId, string JobId, long Due, long Updated, long Priority, long Created);
}
