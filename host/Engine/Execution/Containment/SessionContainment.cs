using System.Globalization;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>
/// An attempt in a session and process group of its own on Linux. A process that leaves the group is held by the host as the parent of
/// orphans, as far as it can be told whose it is.
/// </summary>
/// <param name="id">The root's process id, which becomes the group's.</param>
/// <param name="startTime">When it began; null when it ended before that could be read: then its id may belong to anybody.</param>
/// <param name="mark">A variable that only this attempt has, <c>NAME=VALUE</c>.</param>
/// <param name="orphans">Shows what left the group, or null where the system cannot.</param>
/// <param name="send">Sends signals.</param>
/// <param name="time">The clock.</param>
internal sealed class SessionContainment(int id, ulong? startTime, string mark, AdoptedOrphans? orphans, SignalSender send, TimeProvider time) : IContainment
{
    private const int FirstProcess = 1;

    private static readonly TimeSpan SweepLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SweepPause = TimeSpan.FromMilliseconds(10);

    public void Look()
    {
        // Its session and its mark are shown to the end.
    }

    public Task SignalAsync(StopSignal signal)
    {
        try
        {
            Send(Signals.Number(signal));
            // A stopped process sees a signal only when it goes on.
            Send(Signals.Continue);
        }
        catch (IOException)
        {
            // The id may be another's by now: it is killed after the grace.
        }

        return Task.CompletedTask;
    }

    public void Kill()
    {
        try
        {
            Send(Signals.Kill);
        }
        catch (IOException)
        {
            // As above. It is tried again until the process is gone.
        }
    }

    public async Task<ExitProof> ProveExitAsync()
    {
        var began = time.GetTimestamp();
        for (var empty = 0; ;)
        {
            var isLate = time.GetElapsedTime(began) > SweepLimit;
            try
            {
                var (ended, alive, doubtful) = Sweep();
                empty = alive.Count == 0 ? empty + 1 : 0;
                if (empty == 2)
                    return Gone(ended, doubtful + (orphans is null ? 0 : AdoptedOrphans.CountHidden()));
                if (isLate)
                    return new ExitProof(false, Text($"group {id} has {alive.Count} processes {SweepLimit.TotalSeconds:0} s after SIGKILL, {Names(alive)}"), IsAlive: true);
            }
            catch (IOException e) when (isLate)
            {
                return new ExitProof(false, Text($"whether group {id} is gone cannot be seen: {e.Message}"), IsAlive: true);
            }
            catch (IOException)
            {
                // What cannot be looked at is not gone.
                empty = 0;
            }

            if (empty == 0)
                await Task.Delay(SweepPause, time, CancellationToken.None);
        }
    }

    /// <summary>Kills what is left of the group, and what left it.</summary>
    /// <returns>How many of the group have ended and are not collected, who is alive, and how many may be of this attempt or of another.</returns>
    private (int Ended, List<int> Alive, int Doubtful) Sweep()
    {
        // Asked first, since mostly nothing is left and this costs least. The root has ended, so that it cannot be alone and without a group.
        var isGone = send(-id, Signals.None) == Signals.NoSuchProcess || Send(Signals.Kill) == Signals.NoSuchProcess;
        var left = isGone ? [] : ProcessStat.FindGroup(id);
        // A group that answers, and in which nobody can be seen, has members that are hidden from this user.
        int[] hidden = !isGone && left.Count == 0 && send(-id, Signals.None) != Signals.NoSuchProcess ? [id] : [];
        var (escaped, doubtful) = KillEscaped();
        return (left.Count(stat => stat.HasEnded), [.. left.Where(stat => !stat.HasEnded).Select(stat => stat.Id), .. hidden, .. escaped], doubtful);
    }

    /// <summary>Kills what left the group and is certainly this attempt's.</summary>
    /// <returns>What was killed, and what may be this attempt's or another's.</returns>
    private (IReadOnlyList<int> Escaped, int Doubtful) KillEscaped()
    {
        List<int> escaped = [];
        var doubtful = 0;
        foreach (var orphan in orphans?.Look() ?? [])
        {
            if (IsOurs(orphan))
            {
                // Only its parent, the host, can make its id free for another.
                _ = send(orphan.Id, Signals.Kill);
                escaped.Add(orphan.Id);
            }
            else if (orphan.StartTime >= startTime && !orphans!.HasMarkOfAnother(orphan.Id, mark) && MayStillRun(orphan)) // There are none without them.
            {
                doubtful++;
            }
        }

        return (escaped, doubtful);
    }

    private bool IsOurs(ProcessStat orphan) =>
        orphan.Session == id
        || AdoptedOrphans.HasMark(orphan.Id, mark)
        // It dropped its environment, or got another. It must be somebody's, and nobody else's attempt was there when it began;
        // but the first process of a container also gets the orphans of who enters that from outside.
        || (Environment.ProcessId != FirstProcess && orphan.StartTime >= startTime && orphans is not null && !orphans.HasMarkOfAnother(orphan.Id, mark) && !orphans.MayBeOfAnother(orphan, id));

    // Asked behind the mark, which goes with the memory: the init of another attempt's namespace that is just ending shows none.
    private static bool MayStillRun(ProcessStat orphan) =>
        ProcessStat.TryRead(orphan.Id) is { } now && now.StartTime == orphan.StartTime && !(now.IsEnding && now.Threads <= 1);

    private static ExitProof Gone(int ended, int doubtful) => doubtful == 0
        ? new ExitProof(true, "group empty after 2 sweeps" + Ended(ended))
        : new ExitProof(false, Text($"group empty after 2 sweeps, but {doubtful} processes without a mark may be of this attempt or of another"));

    private int Send(int signal)
    {
        // While a group has a member, Linux gives its id to no new process. So if the id has another owner now, the group is empty,
        // and a signal would hit a stranger.
        var owner = ProcessStat.TryRead(id);
        if (owner is not null && owner.Value.StartTime != startTime)
            return Signals.NoSuchProcess;
        var error = send(-id, signal);
        // Between its start and the call of setsid the root is alone and has no group yet.
        return error == Signals.NoSuchProcess && owner is { HasEnded: false } ? send(id, signal) : error;
    }

    // Whose parent is not there to collect them; nothing of them runs.
    private static string Ended(int count) => count == 0 ? string.Empty : Text($", but for {count} ended and not collected");

    private static string Names(List<int> alive) => "among them " + string.Join(", ", alive.Take(5));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
