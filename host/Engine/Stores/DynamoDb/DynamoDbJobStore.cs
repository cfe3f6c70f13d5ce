using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>The queue in a DynamoDB table with the four indexes of the existing deployment, shared with any number of hosts and other programs.</summary>
/// <remarks>
/// Nothing is asked of the table but to read and write rows: no description, no change of its schema. A write is durable when it is answered. Indexes
/// show writes late: this host's own are known to it, and a claim compares the row itself. Numbers come back as DynamoDB writes them, equal in value.
/// </remarks>
internal sealed class DynamoDbJobStore : IJobStore
{
    private readonly TableClients _clients;
    private readonly TableCalls _calls;
    private readonly RowReads _reads;
    private readonly RowWrites _writes;
    private readonly ClaimEnds _ends;
    private readonly CandidateSearch _search;
    private readonly Exclusion _exclusion;
    private readonly ChangeSignal _signal;
    private bool _isClosed;

    /// <param name="options">Which table, and where.</param>
    /// <param name="time">The clock of renewals, waits and limits.</param>
    public DynamoDbJobStore(DynamoDbOptions options, TimeProvider time)
    {
        Name = $"dynamodb {options.Table} at {options.Endpoint?.ToString() ?? options.Region}";
        _clients = new TableClients(options);
        _calls = new TableCalls(_clients, options, time);
        _reads = new RowReads(_calls);
        var recent = new RecentWrites(time);
        _writes = new RowWrites(_calls, _reads, recent, time);
        _ends = new ClaimEnds(_calls, _reads, recent, time);
        _search = new CandidateSearch(_reads, recent, options, time);
        _exclusion = new Exclusion(_reads, _writes, options, time);
        _signal = new ChangeSignal(time);
    }

    public string Name { get; }

    public bool WritesInOrder => false;

    public bool IsNetworked => true;

    /// <inheritdoc/>
    /// <exception cref="InvalidRowException">Also when an attribute is the key of an index and empty or of another type than that.</exception>
    public async Task<bool> CreateAsync(JobRow row, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var created = await _writes.CreateAsync(row, cancellationToken);
        if (created)
        {
            _search.Changed();
            _signal.Tell();
        }

        return created;
    }

    public Task<JobRow?> GetAsync(string jobId, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _reads.GetAsync(jobId, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A conversation or else a status is looked for in its index, which lags and does not hold rows without <c>created_at</c>; everything else is a
    /// consistent walk through the whole table. Each page reads all that its filter's index holds, without logs, and then the rows of the page.
    /// </remarks>
    /// <exception cref="ArgumentException">The limit or the token of the page is none.</exception>
    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, nameof(filter));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1000, nameof(filter));
        return _reads.ListAsync(filter, cancellationToken);
    }

    public async Task<JobCandidates> ListCandidatesAsync(CandidateQuery query, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        await _writes.ResolveClaimsAsync(cancellationToken);
        return await _search.FindAsync(query, cancellationToken);
    }

    public async Task<ClaimedJob?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var claimed = request.ExclusiveBy is { } attribute
            ? await _exclusion.ClaimAsync(request, attribute, cancellationToken)
            : await _writes.ClaimAsync(request, cancellationToken);
        if (claimed is null)
        {
            _search.Lost();
        }

        return claimed;
    }

    public Task<ClaimState> RenewAsync(Claim claim, DateTimeOffset lockExpiresAt, string? logs, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _writes.RenewAsync(claim, lockExpiresAt, logs, cancellationToken);
    }

    public Task<FinishResult> FinishAsync(Claim claim, JobFinish finish, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _ends.FinishAsync(claim, finish, cancellationToken);
    }

    public async Task<FinishResult> ReleaseAsync(Claim claim, JobRelease release, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var result = await _ends.ReleaseAsync(claim, release, cancellationToken);
        _search.Changed();
        return result;
    }

    public Task<bool> RequestCancelAsync(string jobId, string request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _writes.RequestCancelAsync(jobId, request, cancellationToken);
    }

    /// <summary>Reads one entry of the index that polls read, and tries a write that no row can meet.</summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        await _reads.QueryStatusAsync(JobStatuses.Pending, [JobAttributes.JobId], 1, null, cancellationToken);
        await _writes.ProbeAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Only creates of this process end it early: nothing tells of those of others.</remarks>
    public Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _signal.WaitAsync(atMost, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _clients.Dispose();
            _signal.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}
