namespace DelphiRunner.Engine.Polling;

/// <summary>The slot of one job. Its last write may give it back early, so that the next claim is stored with that write. Thread-safe.</summary>
internal sealed class TakenSlot(Slots slots, string jobType)
{
    private int _givenBack;
    private Task _mayOpen = Task.CompletedTask;

    /// <summary>Keeps the slot closed until then, however early it is given back.</summary>
    public void KeepUntil(Task mayOpen) => _mayOpen = mayOpen;

    /// <summary>Gives the slot back.</summary>
    /// <returns>False when that was done before, or is put off.</returns>
    public bool GiveBack()
    {
        if (!_mayOpen.IsCompleted)
        {
            _mayOpen.ContinueWith(_ => GiveBackNow(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return false;
        }

        return GiveBackNow();
    }

    private bool GiveBackNow()
    {
        if (Interlocked.Exchange(ref _givenBack, 1) != 0)
        {
            return false;
        }

        slots.GiveBack(jobType);
        return true;
    }

    /// <summary>Takes the slot again after the write failed. Another job may hold it by now: then no other is claimed until one more has ended.</summary>
    public void TakeAgain()
    {
        if (Interlocked.Exchange(ref _givenBack, 0) == 1)
        {
            slots.TakeAgain(jobType);
        }
    }
}
