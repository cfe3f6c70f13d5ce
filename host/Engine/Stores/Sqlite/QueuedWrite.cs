namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>Something that waits for the writer: run in its turn, committed with its group, answered when the log has been synced.</summary>
internal abstract class QueuedWrite(bool inTransaction)
{
    public bool InTransaction { get; } = inTransaction;

    /// <summary>Whether its answer may be a little late when there are many: nothing is held up by that.</summary>
    public virtual bool IsPatient => false;

    public abstract bool CancelIfAsked();

    public abstract void Run(JobWrites writes);

    /// <summary>The commit has returned: every process sees what was written, and it outlives this one.</summary>
    public virtual void Commit()
    {
    }

    /// <summary>It outlives the machine's power, too.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception failure);
}

internal sealed class QueuedWrite<T>(Func<JobWrites, T> run, bool inTransaction, CancellationToken cancellationToken, bool isPatient = false)
    : QueuedWrite(inTransaction)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _done.Task;

    public override bool IsPatient => isPatient;

    public override bool CancelIfAsked() => cancellationToken.IsCancellationRequested && _done.TrySetCanceled(cancellationToken);

    public override void Run(JobWrites writes) => _result = run(writes);

    public override void Complete() => _done.TrySetResult(_result!); // Run has set it.

    public override void Fail(Exception failure) => _done.TrySetException(failure);
}
