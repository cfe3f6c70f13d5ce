using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores;

/// <summary>The queue. Nothing above it knows which store it is.</summary>
/// <remarks>
/// Every member throws <see cref="StoreException"/> when the store cannot be reached or read, and <see cref="OperationCanceledException"/>
/// for its token; an error is never reported as an empty answer. Every write carries a fresh <c>write_id</c>, leaves attributes that it does
/// not name byte for byte as they were, never creates a row that is gone, and is durable when its task completes (a claim: when it has settled).
/// </remarks>
internal interface IJobStore : IAsyncDisposable
{
    /// <summary>A short name for messages, for instance <c>sqlite state/queue.db</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Whether a write is stored no earlier than those that were asked for before it; then a claim may follow the end of another job without
    /// waiting for its answer, and at no moment more rows are claimed than slots are there.
    /// </summary>
    bool WritesInOrder { get; }

    /// <summary>Whether hosts of other machines may poll it.</summary>
    bool IsNetworked { get; }

    /// <summary>Creates the row unless one of its id exists. The row is stored as it is given.</summary>
    /// <returns>False when the id is taken; then nothing has changed.</returns>
    /// <exception cref="InvalidRowException">The row has no <c>job_id</c>, or an attribute that the store cannot hold.</exception>
    Task<bool> CreateAsync(JobRow row, CancellationToken cancellationToken);

    /// <summary>Reads one row as it is now.</summary>
    Task<JobRow?> GetAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>Reads a page of rows, newest first by <c>created_at</c> (as time; rows without a readable one come last), then by id.</summary>
    Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken);

    /// <summary>
    /// Reads rows that could be claimed: pending, due for a recheck, and processing ones whose claim has to be judged by the caller.
    /// </summary>
    /// <returns>
    /// Each group at most <see cref="CandidateQuery.Limit"/> rows without their logs and results, with the attributes of the existing schema and those
    /// of <see cref="CandidateQuery.Attributes"/>: pending rows that are due by priority (higher first), then
    /// by <c>created_at</c> as time (unreadable ones last), then by id; rechecks by the time they are due; processing rows in any order.
    /// </returns>
    Task<JobCandidates> ListCandidatesAsync(CandidateQuery query, CancellationToken cancellationToken);

    /// <summary>Claims a row if its status, version, <c>claim_id</c> and lock text are still as they were seen.</summary>
    /// <remarks>
    /// If it succeeds: status <c>PROCESSING</c>, the given worker, claim, attempt, rechecks, lock and start time are stored, <c>retry_count</c> is
    /// one below the attempt, the version is raised by one, <c>not_before</c> is removed. With
    /// <see cref="ClaimRequest.ExclusiveBy"/> no other row of that job type with the same value is processing: exact on SQLite; a store whose indexes
    /// lag answers only after it has looked again, and gives the row back where another goes first.
    /// </remarks>
    /// <returns>The whole row as claimed, or null when it changed, is gone, or another row excludes it; then nothing is stored.</returns>
    Task<ClaimedJob?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>Extends a claim and, if given, replaces the row's log excerpt. Raises no version.</summary>
    /// <returns>Whether the claim still holds, and whether a cancel was requested. When it does not hold, or the row was ended, nothing is stored.</returns>
    Task<ClaimState> RenewAsync(Claim claim, DateTimeOffset lockExpiresAt, string? logs, CancellationToken cancellationToken);

    /// <summary>Ends a claimed job.</summary>
    /// <remarks>
    /// Needs the owner, the claim and the status <c>PROCESSING</c>. If somebody else has made the row terminal meanwhile, the status and
    /// <c>error_message</c> stay and results, logs, exit proof and attempts are added. Version + 1; the claim, lock and cancel request are removed.
    /// </remarks>
    Task<FinishResult> FinishAsync(Claim claim, JobFinish finish, CancellationToken cancellationToken);

    /// <summary>Gives a claimed job back, as pending or awaiting a recheck, with <c>worker_id</c> <c>none</c> and without lock. Version + 1.</summary>
    Task<FinishResult> ReleaseAsync(Claim claim, JobRelease release, CancellationToken cancellationToken);

    /// <summary>Asks for a cancel of an open job, with time and reason in one text. Raises no version.</summary>
    /// <returns>False when there is no such row or it is terminal.</returns>
    Task<bool> RequestCancelAsync(string jobId, string request, CancellationToken cancellationToken);

    /// <summary>Finds out whether the store can be read and written, without changing anything.</summary>
    Task ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Waits until another process may have changed the queue, at most as long as given. Completes early rather than late.</summary>
    Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellationToken);
}
