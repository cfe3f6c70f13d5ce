using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The embedded queue: one SQLite file, shared by any number of processes on one machine.</summary>
/// <remarks>
/// The file is created and opened by the first call. An acknowledged write survives the end of the process and of the machine: each group of
/// writes is synced before its tasks complete. A row may be larger than DynamoDB's 400 KB, up to SQLite's limit of about 1 GB; callers bound what they write.
/// </remarks>
internal sealed class SqliteJobStore : IJobStore
{
    private readonly TimeProvider _time;
    private readonly WriteQueue _writes;
    private readonly ReadPool _reads;
    private readonly ChangeWatch _watch;

    /// <param name="path">The database file, absolute or relative to the current folder.</param>
    /// <param name="time">The clock of renewals and waits.</param>
    /// <param name="privateFolder">The absolute path of a folder that nobody but its owner may enter, if one is made there for the file; null when there is none.</param>
    public SqliteJobStore(string path, TimeProvider time, string? privateFolder = null)
    {
        var file = new SqliteFile(path, privateFolder);
        Name = $"sqlite {path}";
        _time = time;
        _writes = new WriteQueue(file);
        _reads = new ReadPool(file);
        _watch = new ChangeWatch(file.WalPath, () => _writes.LookAsync(writes => writes.LookForForeignCommits(), CancellationToken.None), time);
    }

    public string Name { get; }

    /// <inheritdoc/>
    /// <remarks>There is one writer, and it takes the writes in the order of the calls.</remarks>
    public bool WritesInOrder => true;

    public bool IsNetworked => false;

    public async Task<bool> CreateAsync(JobRow row, CancellationToken cancellationToken)
    {
        var encoded = new EncodedRow(row);
        var created = await _writes.StoreAsync(writes => writes.Create(encoded), cancellationToken);
        if (created)
        {
            _watch.Tell();
        }

        return created;
    }

    public Task<JobRow?> GetAsync(string jobId, CancellationToken cancellationToken) =>
        _reads.ReadAsync(reads => reads.Get(jobId), cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The limit or the token of the page is none.</exception>
    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, nameof(filter));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1000, nameof(filter));
        return _reads.ReadAsync(reads => reads.List(filter), cancellationToken);
    }

    public Task<JobCandidates> ListCandidatesAsync(CandidateQuery query, CancellationToken cancellationToken) =>
        _reads.ReadAsync(reads => reads.ListCandidates(query), cancellationToken);

    public Task<ClaimedJob?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => _writes.ClaimAsync(request, cancellationToken);

    public Task<ClaimState> RenewAsync(Claim claim, DateTimeOffset lockExpiresAt, string? logs, CancellationToken cancellationToken) =>
        _writes.StoreAsync(writes => writes.Renew(claim, _time.GetUtcNow(), lockExpiresAt, logs), cancellationToken);

    public Task<FinishResult> FinishAsync(Claim claim, JobFinish finish, CancellationToken cancellationToken)
    {
        var attributes = EncodedAttributes.Of(finish.Attributes);
        return _writes.EndAsync(writes => writes.Finish(claim, finish, attributes), cancellationToken);
    }

    public Task<FinishResult> ReleaseAsync(Claim claim, JobRelease release, CancellationToken cancellationToken)
    {
        var attributes = EncodedAttributes.Of(release.Attributes);
        return _writes.EndAsync(writes => writes.Release(claim, release, attributes), cancellationToken);
    }

    public Task<bool> RequestCancelAsync(string jobId, string request, CancellationToken cancellationToken) =>
        _writes.StoreAsync(writes => writes.RequestCancel(jobId, request), cancellationToken);

    /// <summary>Begins and ends a writing transaction that writes nothing, and reads.</summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await _writes.StoreAsync(_ => true, cancellationToken);
        await _reads.ReadAsync(reads => reads.Get("probe"), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Creates of this process end it too. It is made for one waiter, the poller; a second one may miss what happens between its calls.</remarks>
    public Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellationToken) => _watch.WaitAsync(atMost, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        await _writes.DisposeAsync();
        await _reads.DisposeAsync();
    }
}
