using DelphiRunner.Engine.Stores;

namespace DelphiRunner.Engine.Polling;

/// <summary>Why a running job was asked to end.</summary>
internal enum StopReason
{
    None,
    HostStopping,
    Cancelled,
    ClaimLost,
}

/// <summary>A job between its claim and its last write: its log and the tokens that end it.</summary>
internal sealed class RunningJob(ClaimedJob claimed, JobLog log, long claimedAt) : IDisposable
{
    private readonly CancellationTokenSource _jobSource = new();
    private readonly CancellationTokenSource _killSource = new();
    private readonly CancellationTokenSource _handlerJobSource = new();
    private readonly CancellationTokenSource _handlerKillSource = new();
    private int _reason;
    private bool _finishing;

    public ClaimedJob Claimed { get; } = claimed;

    /// <summary>The slot that the job holds, or null outside a poller.</summary>
    public TakenSlot? Slot { get; init; }

    public JobLog Log { get; } = log;

    /// <summary>Cancelled when the job should end.</summary>
    public CancellationToken JobToken => _jobSource.Token;

    /// <summary>Cancelled when nothing of the job may go on.</summary>
    public CancellationToken KillToken => _killSource.Token;

    /// <summary>What the handler sees of <see cref="JobToken"/>. What it registers there runs beside: it may block, and whoever stops a job stops others too.</summary>
    public CancellationToken HandlerJobToken => _handlerJobSource.Token;

    /// <summary>What the handler sees of <see cref="KillToken"/>.</summary>
    public CancellationToken HandlerKillToken => _handlerKillSource.Token;

    public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    /// <summary>The text of the request, for <see cref="StopReason.Cancelled"/>.</summary>
    public string? CancelRequest { get; set; }

    /// <summary>The monotonic time of the claim or of the last renewal that succeeded, taken before it was sent.</summary>
    public long LastRenewed { get; set; } = claimedAt;

    /// <summary>The monotonic time of the last write of the log excerpt.</summary>
    public long LastFlushed { get; set; } = claimedAt;

    /// <summary>The size of that excerpt, in characters.</summary>
    public int LastFlushLength { get; set; }

    /// <summary>Whether the last renewal failed, so that the next one is said only when it works again.</summary>
    public bool IsRenewalFailing { get; set; }

    /// <summary>Whether somebody else has ended the row: the command runs to its end, whose results are added then.</summary>
    public bool IsEndedByOthers { get; set; }

    /// <summary>Whether its last write is under way, after which a claim that no longer holds is no loss.</summary>
    public bool IsFinishing { get => Volatile.Read(ref _finishing); set => Volatile.Write(ref _finishing, value); }

    /// <summary>
    /// Asks the job to end. The first reason counts, but a lost claim overrules every other. Never throws, so that no job stands between others and
    /// their end; one that has ended meanwhile is left alone.
    /// </summary>
    public void Stop(StopReason reason)
    {
        if (reason == StopReason.ClaimLost)
        {
            Volatile.Write(ref _reason, (int)reason);
            Cancel(_killSource, _handlerKillSource);
        }
        else
        {
            Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None);
        }

        Cancel(_jobSource, _handlerJobSource);
    }

    public void Dispose()
    {
        _jobSource.Dispose();
        _killSource.Dispose();
        _handlerJobSource.Dispose();
        _handlerKillSource.Dispose();
    }

    private void Cancel(CancellationTokenSource source, CancellationTokenSource handlers)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended: whoever stops several goes by a list that was made before.
            return;
        }

        _ = TellHandlerAsync(handlers);
    }

    private async Task TellHandlerAsync(CancellationTokenSource source)
    {
        try
        {
            await source.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
        catch (AggregateException exception)
        {
            // All that waited for it was told. What threw was registered by the handler, and may quote a secret: its type has to do.
            Log.Add(JobLog.Warning, $"What the job's handler does when the job is asked to end failed with {exception.GetBaseException().GetType()}.");
        }
    }
}
