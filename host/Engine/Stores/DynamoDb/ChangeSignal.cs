namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Ends a wait when this process has created a job; nothing tells of what others do. Made for one waiter.</summary>
internal sealed class ChangeSignal(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _created = new(0, 1);

    public void Tell()
    {
        try
        {
            _created.Release();
        }
        catch (SemaphoreFullException)
        {
            // It has been told already.
        }
    }

    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _created.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over, which is the usual end.
        }
    }

    public void Dispose() => _created.Dispose();
}
