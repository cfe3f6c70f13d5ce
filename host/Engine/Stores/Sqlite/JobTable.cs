using System.Collections.Frozen;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The table of jobs: which attributes have a column, what is derived from them, and the indexes.</summary>
internal static class JobTable
{
    /// <summary>Marks a file as this program's; 'DRnQ'.</summary>
    public const int ApplicationId = 0x44526E51;

    /// <summary>Raised with every change of the schema. A file with a greater one is refused.</summary>
    public const int SchemaVersion = 1;

    /// <summary>The column for all attributes that have none of their own, as one DynamoDB JSON object.</summary>
    public const string Other = "other";

    /// <summary>What stands for a time that is missing or unreadable in both orders, so that it comes last.</summary>
    public const long Last = long.MaxValue;

    /// <summary>
    /// The columns in the order of the table. None has a type, so that SQLite converts nothing. What a poll reads stands first, what grows last:
    /// SQLite reads a row from its beginning.
    /// </summary>
    public static readonly string[] Columns =
    [
        JobAttributes.JobId, JobAttributes.Status, JobAttributes.JobType, JobAttributes.Version, JobAttributes.Priority, JobAttributes.WorkerId,
        JobAttributes.ClaimId, JobAttributes.WriteId, JobAttributes.Attempt, JobAttributes.Rechecks, JobAttributes.RetryCount,
        JobAttributes.MaxRetries, JobAttributes.TimeoutSeconds, JobAttributes.CreatedAt, JobAttributes.UpdatedAt, JobAttributes.StartedAt,
        JobAttributes.CompletedAt, JobAttributes.LockExpiresAt, JobAttributes.NotBefore, JobAttributes.ConversationId, JobAttributes.ReportId,
        JobAttributes.CancelRequested, JobAttributes.ProcessExitConfirmed, JobAttributes.ExitProof, JobAttributes.HandledBy,
        JobAttributes.ErrorMessage, "created_by", "batch_id", "batch_job_id", "model", "environment", JobAttributes.JobConfig,
        JobAttributes.Attempts, Other, JobAttributes.JobResults, JobAttributes.Logs,
    ];

    /// <summary>How many columns a poll reads: all but results and logs.</summary>
    public static readonly int LeanColumns = Columns.Length - 2;

    /// <summary>The place of each attribute that has a column of its own.</summary>
    public static readonly FrozenDictionary<string, int> Places = Columns.Index()
        .Where(column => column.Item != Other)
        .ToFrozenDictionary(column => column.Item, column => column.Index, StringComparer.Ordinal);

    public static readonly int OtherPlace = Array.IndexOf(Columns, Other);

    public static readonly string Whole = string.Join(", ", Columns);

    public static readonly string Lean = string.Join(", ", Columns[..LeanColumns]);

    /// <summary>
    /// The derived columns: <c>due_us</c> is <c>not_before</c> (0: at once), <c>updated_us</c> is <c>updated_at</c> (0: unreadable), the two
    /// orders are <c>created_at</c> and its negative. All in microseconds since 1970.
    /// </summary>
    public static readonly string Schema =
        $"""
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY,
            due_us INTEGER NOT NULL,
            updated_us INTEGER NOT NULL,
            priority_order INTEGER NOT NULL,
            oldest_order INTEGER NOT NULL,
            newest_order INTEGER NOT NULL,
            {string.Join(",\n    ", Columns)},
            UNIQUE (job_id)
        );
        CREATE INDEX jobs_pending ON jobs (due_us, priority_order DESC, oldest_order, job_id, job_type) WHERE status = 'PENDING';
        CREATE INDEX jobs_recheck ON jobs (due_us, updated_us, job_id, job_type) WHERE status = 'AWAITING_RECHECK';
        CREATE INDEX jobs_processing ON jobs (updated_us, job_id, job_type) WHERE status = 'PROCESSING';
        CREATE INDEX jobs_failed ON jobs (newest_order, job_id) WHERE status = 'FAILED';
        CREATE INDEX jobs_newest ON jobs (newest_order, job_id, job_type);
        CREATE INDEX jobs_conversation ON jobs (conversation_id, newest_order, job_id);
        PRAGMA application_id = {ApplicationId};
        PRAGMA user_version = {SchemaVersion};
        """;

    public static JobRow Read(Statement statement, int columns)
    {
        var values = new RowValue[columns];
        Dictionary<string, RowValue>? others = null;
        for (var column = 0; column < columns; column++)
        {
            if (column != OtherPlace)
            {
                values[column] = statement.Value(column).GetValueOrDefault();
            }
            else if (!statement.IsNull(column))
            {
                others = ReadOther(statement.Bytes(column));
                foreach (var name in others.Keys.Where(Places.ContainsKey).ToList())
                {
                    // Only another writer of the file can have done that; the column counts.
                    others.Remove(name);
                }
            }
        }

        return new JobRow(new ColumnValues(values, others));
    }

    public static Dictionary<string, RowValue> ReadOther(ReadOnlySpan<byte> json) =>
        json.IsEmpty ? new Dictionary<string, RowValue>(StringComparer.Ordinal) : new RowJsonReader(json).ReadOnlyAttributes();

    /// <summary>A time as the derived columns hold it, or what stands for a missing one.</summary>
    public static long Microseconds(DateTimeOffset? time, long missing) =>
        time is { } present ? present.UtcTicks / TimeSpan.TicksPerMicrosecond - DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond : missing;

    /// <summary><c>due_us</c> of a time: at least 1, since 0 is "at once".</summary>
    public static long Due(DateTimeOffset? notBefore) => notBefore is null ? 0 : Math.Max(1, Microseconds(notBefore, 0));
}
