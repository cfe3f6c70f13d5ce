namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The texts of the writes. Parameters 1 to 3 are the job's, the worker's and the claim's id wherever a claim is compared.</summary>
internal static class WriteSql
{
    public const string Begin = "BEGIN IMMEDIATE";

    public const string Commit = "COMMIT";

    public const string Rollback = "ROLLBACK";

    public const string WholeCheckpoint = "PRAGMA wal_checkpoint(TRUNCATE)";

    /// <summary>Waits for nobody: brings into the file what no reader is in the way of.</summary>
    public const string Checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";

    public const string DataVersion = "PRAGMA data_version";

    public const string Renew =
        $"""
        UPDATE jobs SET lock_expires_at = ?4, updated_at = ?5, updated_us = ?6, write_id = ?7, logs = ifnull(?8, logs)
        WHERE {Ours} AND status = 'PROCESSING'
        RETURNING cancel_requested
        """;

    public const string Finish =
        $"""
        UPDATE jobs SET status = ?4, completed_at = ?5, updated_at = ?5, updated_us = ?6, write_id = ?7, job_results = ?8, logs = ?9,
            process_exit_confirmed = ?10, exit_proof = ?11, attempts = ?12, handled_by = ifnull(?13, handled_by),
            error_message = ifnull(?14, error_message), {RaiseVersion}, {LetGo}, cancel_requested = NULL
        WHERE {Ours} AND status = 'PROCESSING'
        """;

    public const string Release =
        $"""
        UPDATE jobs SET status = ?4, worker_id = 'none', updated_at = ?5, updated_us = ?6, write_id = ?7, attempt = ?8, retry_count = ?9,
            rechecks = ?10, logs = ?11, attempts = ?12, not_before = ?13, due_us = ?14, handled_by = ifnull(?15, handled_by),
            {RaiseVersion}, {LetGo}
        WHERE {Ours} AND status = 'PROCESSING'
        """;

    /// <summary>Adds what we know to a row that somebody else ended while we held it.</summary>
    public const string AddToForeignEnd =
        $"""
        UPDATE jobs SET updated_at = ?4, updated_us = ?5, write_id = ?6, completed_at = ifnull(nullif(completed_at, ''), ?4),
            logs = ?7, attempts = ?8, job_results = ifnull(?9, job_results), exit_proof = ifnull(?10, exit_proof),
            process_exit_confirmed = ifnull(?11, process_exit_confirmed), handled_by = ifnull(?12, handled_by),
            {RaiseVersion}, {LetGo}, cancel_requested = NULL
        WHERE {Ours} AND status IN ('COMPLETED', 'FAILED')
        """;

    public const string RequestCancel =
        """
        UPDATE jobs SET cancel_requested = ?2, write_id = ?3
        WHERE job_id = ?1 AND status IS NOT 'COMPLETED' AND status IS NOT 'FAILED'
        """;

    public const string ReadOther = "SELECT other FROM jobs WHERE job_id = ?1";

    public static readonly string Get = $"SELECT {JobTable.Whole} FROM jobs WHERE job_id = ?1";

    public static readonly string Create =
        $"""
        INSERT INTO jobs (due_us, updated_us, priority_order, oldest_order, newest_order, {JobTable.Whole})
        VALUES ({string.Join(", ", Enumerable.Repeat("?", 5 + JobTable.Columns.Length))})
        ON CONFLICT (job_id) DO NOTHING
        """;

    private const string Ours = "job_id = ?1 AND worker_id = ?2 AND claim_id = ?3";

    private const string LetGo = "claim_id = NULL, lock_expires_at = NULL";

    /// <summary>Whole numbers are raised by SQLite; what other writers stored instead is read as a row's readers do.</summary>
    private const string RaiseVersion =
        "version = CASE WHEN typeof(version) = 'integer' AND version < 9223372036854775807 THEN version + 1 ELSE next_version(version) END";

    /// <summary>One statement, so that nothing can come between the look at what excludes the row and the claim.</summary>
    /// <param name="exclusiveBy">An attribute, or null. One without a column is parameter 16. Parameter 17 are the abandoned rows: a JSON list of ids with locks.</param>
    public static string Claim(string? exclusiveBy) =>
        $"""
        UPDATE jobs SET status = 'PROCESSING', worker_id = ?2, claim_id = ?3, write_id = ?4, attempt = ?5, rechecks = ?6, retry_count = ?7,
            started_at = ?8, updated_at = ?8, updated_us = ?9, lock_expires_at = ?10, version = ?11, not_before = NULL, due_us = 0
        WHERE job_id = ?1 AND status IS ?12 AND version IS ?13 AND claim_id IS ?14 AND lock_expires_at IS ?15
            AND status IN ('PENDING', 'AWAITING_RECHECK', 'PROCESSING')
            {(exclusiveBy is null ? "" : NotExcluded(exclusiveBy))}
        """;

    /// <param name="column">A column of <see cref="JobTable"/>.</param>
    public static string Set(string column) => $"UPDATE jobs SET {column} = ?2 WHERE job_id = ?1";

    private static string NotExcluded(string attribute)
    {
        string ValueIn(string table) =>
            JobTable.Places.ContainsKey(attribute) ? $"value_text({table}.{attribute})" : $"attribute_text({table}.other, ?16)";

        return
            $"""
            AND ({ValueIn("jobs")} IS NULL OR NOT EXISTS (
                SELECT 1 FROM jobs AS running
                WHERE running.status = 'PROCESSING' AND running.job_type IS jobs.job_type AND running.id <> jobs.id
                    AND {ValueIn("running")} = {ValueIn("jobs")}
                    AND NOT EXISTS (
                        SELECT 1 FROM json_each(?17) AS gone
                        WHERE gone.value ->> 0 = running.job_id AND gone.value ->> 1 IS running.lock_expires_at)))
            """;
    }
}
