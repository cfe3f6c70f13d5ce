using System.Diagnostics;
using System.Globalization;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What one process that SIGKILL does not end means for the attempts beside it.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform("Linux")]
public sealed class StuckProcessTests(string rung)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private bool IsNamespace => Rungs.WithNamespace.Contains(rung);

    [Test]
    public async Task A_namespace_that_does_not_end_closes_the_slot_of_its_own_attempt_alone()
    {
        if (!IsNamespace)
            return;

        using var older = new Attempt(rung);
        using var stuck = new Attempt(rung) { Stop = new StopOptions { Grace = TimeSpan.FromMilliseconds(100) } };
        using var newer = new Attempt(rung);
        var runOfOlder = await StartAsync(older, "exec sleep 300");
        var runOfStuck = await StartAsync(stuck, "exec sleep 300");
        using var hold = await Hold.TakeAsync(stuck, "sleep 300");
        await stuck.Job.CancelAsync();
        await Eventually.BecomesTrueAsync(() => Survivors.With(stuck.Fence).Count == 1);

        await older.Job.CancelAsync();
        var ends = await Task.WhenAll(runOfOlder, newer.RunAsync(newer.Approve("/bin/true")), runOfStuck);
        var watch = Stopwatch.StartNew();
        var last = await newer.RunAsync(newer.Approve("/bin/true"));
        var took = watch.Elapsed;
        var wasStuck = !(ends[2].Unkillable?.IsCompleted ?? true);
        hold.LetGo();
        await (ends[2].Unkillable ?? Task.CompletedTask).WaitAsync(Patience);

        Assert.That(wasStuck, Is.True, ends[2].ExitProof);
        Assert.That(ends[2].ExitConfirmed, Is.False, ends[2].ExitProof);
        foreach (var run in new[] { ends[0], ends[1], last })
        {
            Assert.That(run.Unkillable, Is.Null, run.ExitProof);
            Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        }

        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(4)));
    }

    [Test]
    public async Task What_left_the_session_of_an_attempt_and_cannot_be_killed_stays_that_attempts()
    {
        if (IsNamespace)
            return;

        var isKillable = false;
        using var older = new Attempt(rung) { WithControlGroup = false };
        using var stuck = new Attempt(rung)
        {
            Send = (id, signal) => signal == Signals.None || Volatile.Read(ref isKillable) ? Signals.Send(id, signal) : 0,
            WithControlGroup = false,
        };
        var runOfOlder = await StartAsync(older, "exec sleep 300");

        var run = await stuck.RunShellAsync("setsid sleep 300 >/dev/null 2>&1 & sleep 0.3; echo left");
        await older.Job.CancelAsync();
        var end = await runOfOlder;
        var left = Survivors.With(stuck.Fence);
        Volatile.Write(ref isKillable, true);
        await run.Unkillable!.WaitAsync(Patience);

        Assert.That(left, Has.Count.EqualTo(1), "it is nobody else's to kill");
        Assert.That(end.ExitConfirmed, Is.True, end.ExitProof);
        Assert.That(Survivors.With(stuck.Fence), Is.Empty);
    }

    /// <summary>Starts a command and waits until it runs.</summary>
    private static async Task<Task<ProcessRun>> StartAsync(Attempt attempt, string script)
    {
        var isReady = new TaskCompletionSource();
        attempt.OnLine = _ => isReady.TrySetResult();
        var running = attempt.RunShellAsync($"echo ready; {script}");
        await isReady.Task;
        return running;
    }

    /// <summary>Keeps a process from going once it was killed: the kernel waits for its tracer, which is stopped.</summary>
    private sealed class Hold : IDisposable
    {
        private const int Stop = 19;

        private readonly Process _tracer;

        private Hold(int traced) => _tracer = Process.Start("/usr/bin/strace", ["-qq", "-o", "/dev/null", "-p", $"{traced}"]);

        /// <summary>Takes hold of the process of an attempt that has a command line.</summary>
        public static async Task<Hold> TakeAsync(Attempt attempt, string command)
        {
            Assume.That(File.Exists("/usr/bin/strace"), "Holding a process needs 'strace' (package strace).");

            string? traced = null;
            await Eventually.BecomesTrueAsync(() =>
                (traced = Survivors.With(attempt.Fence).Select(process => process.Split(' ', 2)).FirstOrDefault(process => process[1] == $"{command} ")?[0]) is not null);
            var hold = new Hold(int.Parse(traced!, CultureInfo.InvariantCulture));
            await Eventually.BecomesTrueAsync(() => KernelFile.ReadText($"/proc/{traced}/status").Contains($"TracerPid:\t{hold._tracer.Id}\n", StringComparison.Ordinal));
            _ = Signals.Send(hold._tracer.Id, Stop);
            await Eventually.BecomesTrueAsync(() => ProcessStat.TryRead(hold._tracer.Id) is { State: 'T' });
            return hold;
        }

        public void LetGo() => _tracer.Kill();

        public void Dispose()
        {
            LetGo();
            _tracer.Dispose();
        }
    }
}
