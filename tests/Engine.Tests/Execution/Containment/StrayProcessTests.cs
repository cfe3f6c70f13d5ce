using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What left both the session and the cgroup of an attempt and cannot be killed.</summary>
[Platform("Linux")]
public sealed class StrayProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Into its cgroup a command is moved right after the start.
    private static readonly string ShowGroup =
        $"while grep -qxF '{KernelFile.ReadText("/proc/self/cgroup").Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))}' /proc/self/cgroup; do sleep 0.01; done; grep ^0:: /proc/self/cgroup";

    [Test]
    public async Task The_cgroup_of_its_attempt_is_no_others_until_it_is_gone()
    {
        if (Rungs.Machine.Groups is null)
            return; // Nothing to be given back.
        using var ladder = new ContainmentLadder
        {
            Programs = Rungs.Machine.Programs,
            Best = Rungs.Machine.Best,
            Orphans = Rungs.Machine.Orphans,
            Groups = ControlGroups.TryOpen(out _),
        };
        var isKillable = false;
        using var attempt = new Attempt(Rungs.SessionAndGroup)
        {
            Ladder = ladder,
            Send = (id, signal) => signal == Signals.None || Volatile.Read(ref isKillable) ? Signals.Send(id, signal) : 0,
        };
        using var next = new Attempt(Rungs.SessionAndGroup) { Ladder = ladder };
        await LeaveStrayAsync(attempt.Fence);

        var run = await attempt.RunShellAsync(ShowGroup);
        await next.RunShellAsync(ShowGroup);
        var isLeft = run.Unkillable is { IsCompleted: false };
        Volatile.Write(ref isKillable, true);
        await (run.Unkillable ?? Task.CompletedTask).WaitAsync(Patience);
        await next.RunShellAsync(ShowGroup);

        Assert.That(isLeft, Is.True, run.ExitProof);
        Assert.That(next.Lines[0], Is.Not.EqualTo(attempt.Lines[0]));
        Assert.That(next.Lines[1], Is.AnyOf(attempt.Lines[0], next.Lines[0]));
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
    }

    [Test]
    public async Task It_is_waited_for_also_when_it_cannot_be_looked_at_meanwhile()
    {
        var isKillable = false;
        var isBlind = false;
        var wasBlind = new TaskCompletionSource();
        using var attempt = new Attempt { Send = Send };
        await LeaveStrayAsync(attempt.Fence);

        var run = await attempt.RunAsync(attempt.Approve("/bin/true"));
        Volatile.Write(ref isBlind, true);
        await wasBlind.Task.WaitAsync(Patience);
        Volatile.Write(ref isKillable, true);
        Volatile.Write(ref isBlind, false);

        await run.Unkillable!.WaitAsync(Patience);

        Assert.That(Survivors.With(attempt.Fence), Is.Empty);

        int Send(int id, int signal)
        {
            if (!Volatile.Read(ref isBlind))
                return signal == Signals.None || Volatile.Read(ref isKillable) ? Signals.Send(id, signal) : 0;
            wasBlind.TrySetResult();
            throw new UnauthorizedAccessException("This host sees nothing.");
        }
    }

    /// <summary>Leaves a process that is of an attempt by its mark alone.</summary>
    private static async Task LeaveStrayAsync(string mark)
    {
        var start = new ProcessStartInfo("sh", ["-c", "setsid sleep 300 >/dev/null 2>&1 </dev/null &"]) { Environment = { ["DELPHI_FENCE"] = mark } };
        using var shell = Process.Start(start)!; // A new process, as none is reused.
        await shell.WaitForExitAsync();
        await Eventually.BecomesTrueAsync(() => Survivors.With(mark).Any(process => process.Split(' ', 2)[1].StartsWith("sleep ", StringComparison.Ordinal)));
    }
}
