using System.Collections.Frozen;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The names of a row's attributes.</summary>
internal static class JobAttributes
{
    public const string JobId = "job_id";
    public const string Status = "status";
    public const string JobType = "job_type";
    public const string CreatedAt = "created_at";
    public const string UpdatedAt = "updated_at";
    public const string StartedAt = "started_at";
    public const string CompletedAt = "completed_at";
    public const string WorkerId = "worker_id";
    public const string Version = "version";
    public const string Priority = "priority";
    public const string ConversationId = "conversation_id";
    public const string ReportId = "report_id";
    public const string RetryCount = "retry_count";
    public const string MaxRetries = "max_retries";
    public const string TimeoutSeconds = "timeout_seconds";
    public const string JobConfig = "job_config";
    public const string JobResults = "job_results";
    public const string Logs = "logs";
    public const string LockExpiresAt = "lock_expires_at";
    public const string ErrorMessage = "error_message";
    public const string ProcessExitConfirmed = "process_exit_confirmed";

    public const string ClaimId = "claim_id";
    public const string WriteId = "write_id";
    public const string Attempt = "attempt";
    public const string NotBefore = "not_before";
    public const string Rechecks = "rechecks";
    public const string CancelRequested = "cancel_requested";
    public const string ExitProof = "exit_proof";
    public const string HandledBy = "handled_by";
    public const string Attempts = "attempts";

    /// <summary>The attributes that only the host writes; a handler's outcome or a new job may not set them.</summary>
    public static readonly FrozenSet<string> OwnedByHost = FrozenSet.ToFrozenSet(
        [
            JobId, Status, JobType, CreatedAt, UpdatedAt, StartedAt, CompletedAt, WorkerId, Version, RetryCount, JobResults, Logs,
            LockExpiresAt, ProcessExitConfirmed, ClaimId, WriteId, Attempt, NotBefore, Rechecks, CancelRequested, ExitProof, HandledBy, Attempts,
        ],
        StringComparer.Ordinal);
}

/// <summary>The five stored statuses. Readers treat any other as damage.</summary>
internal static class JobStatuses
{
    public const string Pending = "PENDING";
    public const string Processing = "PROCESSING";
    public const string AwaitingRecheck = "AWAITING_RECHECK";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";

    public static bool IsTerminal(string? status) => status is Completed or Failed;
}
