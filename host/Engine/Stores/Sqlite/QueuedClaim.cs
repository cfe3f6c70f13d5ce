namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A claim, answered at its commit: a plan need not wait for the disk, a command does (<see cref="ClaimedJob.Settled"/>).</summary>
internal sealed class QueuedClaim(ClaimRequest request, CancellationToken cancellationToken) : QueuedWrite(inTransaction: true)
{
    private readonly TaskCompletionSource<ClaimedJob?> _claimed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClaimedJob? _result;

    public Task<ClaimedJob?> Task => _claimed.Task;

    /// <inheritdoc/>
    /// <remarks>Only a command waits for the sync, and it takes far longer to start.</remarks>
    public override bool IsPatient => true;

    public override bool CancelIfAsked() => cancellationToken.IsCancellationRequested && _claimed.TrySetCanceled(cancellationToken);

    public override void Run(JobWrites writes) =>
        _result = writes.Claim(request) is { } row ? new ClaimedJob { Row = row, Claim = request.Claim, Settled = _settled.Task } : null;

    public override void Commit() => _claimed.TrySetResult(_result);

    public override void Complete() => _settled.TrySetResult();

    public override void Fail(Exception failure)
    {
        if (!_claimed.TrySetException(failure))
        {
            _settled.TrySetException(failure);
            // Whoever has nothing to run does not wait for it, and learns of the failure with its next write.
            _ = _settled.Task.Exception;
        }
    }
}
