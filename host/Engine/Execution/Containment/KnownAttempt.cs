namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>What tells the processes of one attempt from those of others. It is kept as long as one of them may be there.</summary>
internal sealed class KnownAttempt : IDisposable
{
    private readonly AdoptedOrphans? _orphans;
    private readonly string _mark;
    private (int Root, ulong StartTime)? _entry;
    private bool _isKept;

    /// <param name="orphans">Where it is known, or null where there is no such place.</param>
    /// <param name="mark">The attempt's mark.</param>
    public KnownAttempt(AdoptedOrphans? orphans, string mark)
    {
        (_orphans, _mark) = (orphans, mark);
        orphans?.Announce(mark);
    }

    /// <summary>Tells that its root process runs.</summary>
    public void Enter(int root, ulong? startTime)
    {
        if (startTime is not { } start)
            return;
        _entry = (root, start);
        _orphans?.Enter(root, start);
    }

    /// <summary>Keeps it beyond its disposal, until it is forgotten.</summary>
    public KnownAttempt Keep()
    {
        _isKept = true;
        return this;
    }

    public void Forget()
    {
        if (_entry is { } entry)
            _orphans?.Leave(entry.Root, entry.StartTime);
        _orphans?.Withdraw(_mark);
    }

    public void Dispose()
    {
        if (!_isKept)
            Forget();
    }
}
