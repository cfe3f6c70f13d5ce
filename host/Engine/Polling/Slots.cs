namespace DelphiRunner.Engine.Polling;

/// <summary>The places for jobs on this host, in all and by job type. Thread-safe.</summary>
/// <param name="total">Jobs at once.</param>
/// <param name="limits">Jobs at once of a type, where it has a limit of its own.</param>
internal sealed class Slots(int total, IReadOnlyDictionary<string, int> limits)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _takenByType = [];
    private TaskCompletionSource _freed = new();
    private int _taken;

    public int Taken
    {
        get
        {
            lock (_lock)
            {
                return _taken;
            }
        }
    }

    /// <summary>Below 0 while a slot was taken again that another job had got meanwhile.</summary>
    public int Free => total - Taken;

    /// <summary>Completes when a slot is given back, or a job has ended, after this was read.</summary>
    public Task Freed
    {
        get
        {
            lock (_lock)
            {
                return _freed.Task;
            }
        }
    }

    /// <summary>Whether the job type's own limit leaves a place.</summary>
    public bool HasRoomFor(string jobType)
    {
        lock (_lock)
        {
            return HasRoom(jobType);
        }
    }

    /// <summary>Takes a place for a job of that type, if there is one.</summary>
    public bool TryTake(string jobType)
    {
        lock (_lock)
        {
            if (_taken >= total || !HasRoom(jobType))
            {
                return false;
            }

            _taken++;
            _takenByType[jobType] = _takenByType.GetValueOrDefault(jobType) + 1;
            return true;
        }
    }

    /// <summary>Takes a place whether or not there is one.</summary>
    public void TakeAgain(string jobType)
    {
        lock (_lock)
        {
            _taken++;
            _takenByType[jobType]++;
        }
    }

    public void GiveBack(string jobType)
    {
        lock (_lock)
        {
            _taken--;
            _takenByType[jobType]--;
        }

        Tell();
    }

    /// <summary>Wakes who waits for <see cref="Freed"/>: on this thread, so that the next claim is asked for at once and is stored with the last write before it.</summary>
    public void Tell()
    {
        TaskCompletionSource freed;
        lock (_lock)
        {
            freed = _freed;
            _freed = new();
        }

        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            freed.SetResult();
        }
        else
        {
            // A thread with a work of its own, such as the one that renews claims, is not for polling.
            ThreadPool.UnsafeQueueUserWorkItem(static source => source.SetResult(), freed, preferLocal: false);
        }
    }

    private bool HasRoom(string jobType) =>
        !limits.TryGetValue(jobType, out var limit) || _takenByType.GetValueOrDefault(jobType) < limit;
}
