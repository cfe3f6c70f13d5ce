using System.Globalization;

namespace DelphiRunner.Engine.Execution;

/// <summary>An attempt in a session and process group of its own on Linux. A process that leaves the group is not held.</summary>
/// <param name="id">The root's process id, which becomes the group's.</param>
/// <param name="time">The clock.</param>
internal sealed class SessionContainment(int id, TimeProvider time) : IContainment
{
    private static readonly TimeSpan SweepLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SweepPause = TimeSpan.FromMilliseconds(10);

    // Null when the root ended before this was read: then its id may belong to anybody.
    private readonly ulong? _startTime = ProcessStat.TryRead(id)?.StartTime;

    public void Signal(StopSignal signal)
    {
        Send(Signals.Number(signal));
        // A stopped process sees a signal only when it goes on.
        Send(Signals.Continue);
    }

    public void Kill() => Send(Signals.Kill);

    public async Task<ExitProof> ProveExitAsync()
    {
        var began = time.GetTimestamp();
        for (var empty = 0; ;)
        {
            // Asked first, since mostly nothing is left and this costs least. The root has ended, so that it cannot be alone and without a group.
            var isGone = Signals.Send(-id, Signals.None) == Signals.NoSuchProcess || Send(Signals.Kill) == Signals.NoSuchProcess;
            var left = isGone ? [] : ProcessStat.FindGroup(id);
            var alive = left.Where(stat => !stat.HasEnded).ToList();
            empty = alive.Count == 0 ? empty + 1 : 0;
            if (empty == 2)
                return new ExitProof(true, "group empty after 2 sweeps" + Ended(left.Count));
            if (time.GetElapsedTime(began) > SweepLimit)
                return new ExitProof(false, Text($"group {id} has {alive.Count} processes {SweepLimit.TotalSeconds:0} s after SIGKILL, {Names(alive)}"));
            if (alive.Count > 0)
                await Task.Delay(SweepPause, time, CancellationToken.None);
        }
    }

    private int Send(int signal)
    {
        // While a group has a member, Linux gives its id to no new process. So if the id has another owner now, the group is empty,
        // and a signal would hit a stranger.
        var owner = ProcessStat.TryRead(id);
        if (owner is not null && owner.Value.StartTime != _startTime)
            return Signals.NoSuchProcess;
        var error = Signals.Send(-id, signal);
        // Between its start and the call of setsid the root is alone and has no group yet.
        return error == Signals.NoSuchProcess && owner is { HasEnded: false } ? Signals.Send(id, signal) : error;
    }

    // Whose parent is not there to collect them; nothing of them runs.
    private static string Ended(int count) => count == 0 ? string.Empty : Text($", but for {count} ended and not collected");

    private static string Names(List<ProcessStat> alive) => "among them " + string.Join(", ", alive.Take(5).Select(stat => stat.Id));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
