using System.Globalization;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>An attempt in a PID namespace by bubblewrap: its outer process, the namespace's init below it, and the command below that.</summary>
/// <param name="id">The outer process.</param>
/// <param name="startTime">When it began; null when it ended before that could be read.</param>
/// <param name="mark">A variable that only this attempt has, <c>NAME=VALUE</c>.</param>
/// <param name="orphans">Shows the init after the outer process has ended.</param>
/// <param name="send">Sends signals.</param>
/// <param name="time">The clock.</param>
internal sealed class NamespaceContainment(int id, ulong? startTime, string mark, AdoptedOrphans orphans, SignalSender send, TimeProvider time) : IContainment
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DeathLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);

    private bool _hasSeenInit;

    /// <summary>Remembers the namespace's init while the outer process shows it: when it is ending it has no mark any more.</summary>
    public void Look()
    {
        if (!_hasSeenInit && IsRunning() && ProcessStat.FindChildren(id) is [var child, ..]
            && ProcessStat.TryRead(child) is { } init && init.Parent == id && IsInit(child))
        {
            orphans.Own(init, mark);
            _hasSeenInit = true;
        }
    }

    /// <summary>Signals the command's group. A signal to the outer process would end all without a grace.</summary>
    public async Task SignalAsync(StopSignal signal)
    {
        var began = time.GetTimestamp();
        try
        {
            while (IsRunning() && !TrySignal(signal) && time.GetElapsedTime(began) <= StartLimit)
                await Task.Delay(Pause, time, CancellationToken.None);
        }
        catch (IOException)
        {
            // Nobody to be seen who could be asked: it is killed after the grace.
        }
    }

    /// <summary>Kills the outer process, with which the kernel kills the namespace's init, and with that all in it.</summary>
    public void Kill()
    {
        try
        {
            Look();
            if (IsRunning())
                _ = send(id, Signals.Kill);
        }
        catch (IOException)
        {
            // The id may be another's by now. It is tried again until the process is gone.
        }
    }

    public async Task<ExitProof> ProveExitAsync()
    {
        // When the outer process has been collected, its init was collected by it or is the host's child. The kernel lets an init end
        // only after everything else in its namespace, so that its end is that of all.
        // One that is ending no longer shows its mark, and may still wait for the others: then it is waited for, unless it is known to be another's.
        var began = time.GetTimestamp();
        HashSet<(int, ulong)>? suspects = null;
        for (var pause = FirstPause; ; pause = Pause)
        {
            var isLate = time.GetElapsedTime(began) > DeathLimit;
            try
            {
                suspects ??= [.. orphans.Look().Where(orphan => IsOurs(orphan) || (MayBeOursAndEnding(orphan) && !orphans.IsGivenUp(orphan))).Select(Identify)];
                // Asked before the look: the init of an outer process that ends meanwhile is seen by the next one.
                var isRunning = IsRunning();
                var left = KillLeft(suspects, isRunning);
                if (left.Count == 0 && !isRunning)
                    return Gone();
                if (isLate)
                    return StillThere(left);
            }
            catch (IOException e) when (isLate)
            {
                return new ExitProof(false, Text($"whether the namespace of process {id} is gone cannot be seen: {e.Message}"), IsAlive: true);
            }
            catch (IOException)
            {
                // What cannot be looked at is not gone.
            }

            await Task.Delay(pause, time, CancellationToken.None);
        }
    }

    /// <summary>Kills which of the suspects are this attempt's.</summary>
    /// <returns>Those that are left.</returns>
    private List<ProcessStat> KillLeft(HashSet<(int, ulong)> suspects, bool isRunning)
    {
        var left = suspects.Count == 0 ? [] : orphans.Look().Where(orphan => suspects.Contains(Identify(orphan))).ToList();
        if (left.Count == 0 && !isRunning)
        {
            // Of an outer process that was still there at the first look.
            left = [.. orphans.Look().Where(IsOurs)];
            suspects.UnionWith(left.Select(Identify));
        }

        foreach (var init in left.Where(IsOurs))
            _ = send(init.Id, Signals.Kill);
        return left;
    }

    private static (int, ulong) Identify(ProcessStat process) => (process.Id, process.StartTime);

    /// <summary>Signals the command's group, if there is a command already.</summary>
    private bool TrySignal(StopSignal signal)
    {
        Look();
        // A namespace that is still being made has nobody in it who could be asked. The command is in the init's session, or made its own.
        if (ProcessStat.FindChildren(id) is not [var init, ..] || ProcessStat.FindChildren(init) is not [var command, ..]
            || ProcessStat.TryRead(command) is not { } root || (root.Session != init && root.Session != command))
            return false;
        Send(root, Signals.Number(signal));
        // A stopped process sees a signal only when it goes on.
        Send(root, Signals.Continue);
        return true;
    }

    private bool IsOurs(ProcessStat orphan) => orphans.OwnerOf(orphan) is { } owner
        ? owner == mark
        : AdoptedOrphans.HasMark(orphan.Id, mark) || (MayBeOurs(orphan) && !orphans.MayBeOfAnother(orphan, id));

    /// <summary>Whether it is the init of some attempt's namespace that lost its mark: a command that may trace its init can take that away.</summary>
    private bool MayBeOurs(ProcessStat orphan) =>
        orphan.StartTime >= startTime && orphans.OwnerOf(orphan) is null && IsInit(orphan.Id) && !orphans.HasMarkOfAnother(orphan.Id, mark)
        // Looked at last, since one that is ending shows no mark, whosever it is.
        && ProcessStat.TryRead(orphan.Id) is { IsEnding: false } now && now.StartTime == orphan.StartTime;

    /// <summary>Whether it is the init of some attempt's namespace that is past showing whose. Asked behind the mark, which may just have gone.</summary>
    private bool MayBeOursAndEnding(ProcessStat orphan) =>
        !(orphan.StartTime < startTime) && orphans.OwnerOf(orphan) is null && IsInit(orphan.Id) && ProcessStat.TryRead(orphan.Id) is { IsEnding: true };

    /// <summary>What is known when the wait was in vain. Only what is this attempt's for certain keeps its slot closed.</summary>
    private ExitProof StillThere(List<ProcessStat> left)
    {
        var ours = left.Where(init => IsOurs(init) || !orphans.MayBeOfAnother(init, id)).ToList();
        ours.ForEach(init => orphans.Own(init, mark));
        if (ours.Count > 0 || IsRunning())
            return new ExitProof(false, Text($"the namespace of process {id} is there {DeathLimit.TotalSeconds:0} s after SIGKILL"), IsAlive: true);
        left.ForEach(orphans.GiveUp);
        return new ExitProof(false, Text($"process {id} gone, but {left.Count} namespaces that do not end may be of this attempt or of another"));
    }

    private ExitProof Gone()
    {
        var doubtful = orphans.Look().Count(orphan => MayBeOurs(orphan) || (MayBeOursAndEnding(orphan) && orphans.IsGivenUp(orphan)));
        return doubtful == 0
            ? new ExitProof(true, "namespace gone")
            : new ExitProof(false, Text($"process {id} gone, but {doubtful} namespaces without a mark may be of this attempt or of another"));
    }

    // NSpid:  4711    1
    private static bool IsInit(int process) =>
        KernelFile.ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")).Split('\n')
            .FirstOrDefault(line => line.StartsWith("NSpid:", StringComparison.Ordinal)) is { } line
        && line.Split('\t') is [_, _, .., "1"];

    private bool IsRunning() => ProcessStat.TryRead(id) is { HasEnded: false } outer && outer.StartTime == startTime;

    // The group holds the init, too, which ignores signals of all but the kernel.
    private void Send(ProcessStat root, int signal)
    {
        _ = send(-root.Session, signal);
        if (root.Group != root.Session)
            _ = send(-root.Group, signal);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
