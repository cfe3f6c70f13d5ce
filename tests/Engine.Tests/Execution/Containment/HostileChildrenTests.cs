using System.Diagnostics;
using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What no child can do, on each rung of the containment ladder that this machine has.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform("Linux")]
public sealed class HostileChildrenTests(string rung)
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    private bool HasGroup => rung is Rungs.NamespaceAndGroup or Rungs.SessionAndGroup;

    [Test]
    public async Task The_kernel_shows_a_command_on_its_rung()
    {
        var ownGroup = GroupOf(KernelFile.ReadText("/proc/self/cgroup").Split('\n'));
        using var attempt = new Attempt(rung);

        // Into its cgroup it is moved right after the start.
        var wait = HasGroup ? $"while grep -qxF '{ownGroup}' /proc/self/cgroup; do sleep 0.01; done; " : string.Empty;
        await attempt.RunShellAsync($"{wait}readlink /proc/self/ns/pid; cat /proc/self/cgroup");

        var ownNamespace = new FileInfo("/proc/self/ns/pid").LinkTarget;
        Assert.That(attempt.Lines[0], Rungs.WithNamespace.Contains(rung) ? Is.Not.EqualTo(ownNamespace).And.StartsWith("pid:[") : Is.EqualTo(ownNamespace));
        Assert.That(GroupOf(attempt.Lines), HasGroup ? Is.Not.EqualTo(ownGroup).And.Contains("/delphi-runner-") : Is.EqualTo(ownGroup));

        static string? GroupOf(IEnumerable<string> lines) => lines.FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
    }

    [Test]
    public async Task Who_collects_orphans_takes_no_exit_code_from_others()
    {
        using var attempt = new Attempt(rung);
        var command = attempt.Approve(Attempt.Child, "escape");
        using var over = new CancellationTokenSource();
        var codes = Task.Run(async () =>
        {
            var seen = new List<int>();
            for (; !over.IsCancellationRequested; await Task.Yield())
            {
                using var own = Process.Start("/bin/sh", ["-c", "exit 7"]);
                await own.WaitForExitAsync();
                seen.Add(own.ExitCode);
            }

            return seen;
        });

        for (var i = 0; i < 5; i++)
            Assert.That((await attempt.RunAsync(command)).ExitConfirmed, Is.True);
        await over.CancelAsync();

        Assert.That(await codes, Is.Not.Empty.And.All.EqualTo(7));
    }

    [TestCase("escape")]
    [TestCase("escape-unmarked")]
    [TestCase("daemonize")]
    public async Task What_leaves_its_session_does_not_outlive_its_job(string command)
    {
        using var attempt = new Attempt(rung);
        var before = AdoptedByThisProcess();

        var run = await attempt.RunChildAsync(command);

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "left" }));
        Assert.That(run.Result.ExitCode, Is.Zero);
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        Assert.That(run.ExitProof, Does.StartWith(Rungs.ProofOf(rung)));
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
        Assert.That(AdoptedByThisProcess().Except(before), Is.Empty);
    }

    [Test]
    public async Task What_left_its_session_under_the_mark_of_an_attempt_that_never_was_does_not_outlive_its_job()
    {
        using var attempt = new Attempt(rung);
        var forged = $"forged-{Guid.NewGuid():N}";

        var run = await attempt.RunShellAsync($"env -i DELPHI_FENCE=1:{forged} setsid sleep 300 >/dev/null 2>&1 & sleep 0.3; echo left");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "left" }));
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        Assert.That(Survivors.With(forged), Is.Empty);
    }

    [Test]
    public async Task A_namespace_whose_init_lost_its_mark_and_outlived_the_outer_process_is_ended()
    {
        if (!Rungs.WithNamespace.Contains(rung))
            return;

        // As a command makes of it that may trace its init: there it can clear the environment and the parent-death signal.
        var duration = $"301.{Environment.ProcessId}";
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"env -i $(command -v bwrap) --dev-bind / / --proc /proc --unshare-pid --new-session /bin/sh -c 'echo ready; exec sleep {duration}' & echo $!"]) { RedirectStandardOutput = true })!;
        string?[] said = [await shell.StandardOutput.ReadLineAsync(), await shell.StandardOutput.ReadLineAsync()];
        var outer = int.Parse(said.Single(line => line != "ready")!, CultureInfo.InvariantCulture);
        var containment = new NamespaceContainment(outer, ProcessStat.TryRead(outer)!.Value.StartTime, "DELPHI_FENCE=1:of-this-test", Rungs.Machine.Orphans!, Signals.Send, TimeProvider.System);
        await shell.WaitForExitAsync();
        var wasThere = Survivors.With(duration);

        containment.Kill();
        var proof = await containment.ProveExitAsync();

        Assert.That(wasThere, Is.Not.Empty);
        Assert.That(Survivors.With(duration), Is.Empty, proof.Text);
        Assert.That(proof.IsConfirmed, Is.True, proof.Text);
    }

    [Test]
    public async Task A_command_that_imitates_a_failed_start_does_not_hide_what_it_left()
    {
        using var other = new Attempt(rung) { WithControlGroup = false };
        using var attempt = new Attempt(rung) { WithControlGroup = false };
        var isReady = new TaskCompletionSource();
        other.OnLine = _ => isReady.TrySetResult();
        var running = other.RunShellAsync("echo ready; exec sleep 300");
        await isReady.Task;
        var duration = $"300.{Environment.ProcessId}";

        // Without a mark it may be of either attempt.
        var command = attempt.RunShellAsync($"env -i setsid sleep {duration} >/dev/null 2>&1 & sleep 0.3; echo 'setsid: no such program' >&2; exit 127");
        if (Rungs.WithNamespace.Contains(rung))
        {
            Assert.That(async () => await command, Throws.TypeOf<ProcessStartException>(), "nothing can be left, so that the imitation fails its own job only");
        }
        else
        {
            var run = await command;
            Assert.That(run.Result.ExitCode, Is.EqualTo(127));
            Assert.That(run.ExitConfirmed, Is.False, run.ExitProof);
        }

        await other.Job.CancelAsync();
        await running;
        foreach (var left in Survivors.With(duration))
            Process.GetProcessById(int.Parse(left.Split(' ')[0], CultureInfo.InvariantCulture)).Kill();
    }

    [Test]
    public async Task What_left_its_session_is_killed_with_a_command_that_ignores_signals()
    {
        using var attempt = new Attempt(rung) { StopAt = "left", Stop = new StopOptions { Grace = Short } };

        var run = await attempt.RunShellAsync("setsid sh -c \"trap '' TERM; sleep 300\" >/dev/null 2>&1 & trap '' TERM; echo left; while :; do sleep 0.05; done");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Stopped));
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
    }

    [Test]
    public async Task Zombies_are_gone_with_their_parent()
    {
        using var attempt = new Attempt(rung) { StopAt = "ready", Stop = new StopOptions { Grace = Short } };

        var run = await attempt.RunChildAsync("zombies");

        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        Assert.That(AdoptedByThisProcess(), Is.Empty);
    }

    [Test]
    public async Task A_command_that_closes_its_outputs_still_ends_with_its_own_code()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("close-outputs", "19");

        Assert.That(run.Result.ExitCode, Is.EqualTo(19));
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
    }

    [Test]
    public async Task A_command_that_ends_at_once_is_shown_to_be_gone()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunAsync(attempt.Approve("/bin/true"));

        Assert.That(run.Result.Succeeded, Is.True);
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        Assert.That(run.ExitProof, Does.StartWith(Rungs.ProofOf(rung)));
    }

    [Test]
    public async Task A_command_has_no_capabilities_and_gets_no_privileges()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunShellAsync("grep -E '^(CapPrm|CapEff|NoNewPrivs)' /proc/self/status");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "CapPrm: 0000000000000000", "CapEff: 0000000000000000", "NoNewPrivs: 1" }));
    }

    [Test]
    public async Task A_command_dumps_no_core_and_goes_first_when_memory_runs_out()
    {
        using var attempt = new Attempt(rung);
        var score = Math.Min(int.Parse(KernelFile.ReadText("/proc/self/oom_score_adj"), CultureInfo.InvariantCulture) + 500, 1000);

        // What is written right after the start is there a moment later.
        await attempt.RunShellAsync($"while [ $(cat /proc/self/oom_score_adj) -lt {score} ]; do sleep 0.01; done; cat /proc/self/oom_score_adj; ulimit -c");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { $"{score}", "0" }));
    }

    [Test]
    public async Task The_proof_names_the_cgroup_where_there_is_one()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunShellAsync("sleep 0.1");

        Assert.That(run.ExitProof.EndsWith("cgroup empty", StringComparison.Ordinal), Is.EqualTo(HasGroup));
    }

    [Test]
    public async Task The_processor_time_of_a_command_is_measured()
    {
        using var attempt = new Attempt(rung) { KillAt = "burnt" };

        var run = await attempt.RunChildAsync("burn-cpu");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Stopped));
        Assert.That(run.Result.CpuTime, Is.InRange(TimeSpan.FromSeconds(0.3), run.Result.Elapsed * Environment.ProcessorCount));
        Assert.That(run.Result.PeakMemoryBytes, Is.InRange(5L << 20, 1L << 30));
        Assert.That(run.Result.IsUsageSampled, Is.True, "no controller of this machine's cgroups counts memory");
    }

    [Test]
    public async Task The_processor_time_of_an_attempt_is_not_counted_for_the_next_one()
    {
        using (var busy = new Attempt(rung) { KillAt = "burnt" })
            Assert.That((await busy.RunChildAsync("burn-cpu")).Result.CpuTime, Is.GreaterThan(TimeSpan.FromSeconds(0.3)));
        using var attempt = new Attempt(rung);

        var run = await attempt.RunAsync(attempt.Approve("/bin/true"));

        Assert.That(run.Result.CpuTime ?? TimeSpan.Zero, Is.LessThan(TimeSpan.FromSeconds(0.2)));
    }

    [Test]
    public async Task A_process_that_cannot_be_killed_is_said_to_be_there_until_it_is_gone()
    {
        var isKillable = false;
        using var attempt = new Attempt(rung)
        {
            KillAt = "ready",
            DeathLimit = TimeSpan.FromMilliseconds(200),
            Send = (id, signal) => signal == Signals.None || Volatile.Read(ref isKillable) ? Signals.Send(id, signal) : 0,
            WithControlGroup = false,
        };

        var run = await attempt.RunChildAsync("ignore-term");
        var wasGone = run.Unkillable!.IsCompleted;
        Volatile.Write(ref isKillable, true);
        foreach (var left in Survivors.With(attempt.Fence))
            _ = Signals.Send(int.Parse(left.Split(' ')[0], CultureInfo.InvariantCulture), Signals.Kill);
        await run.Unkillable!.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.That(wasGone, Is.False);
        Assert.That(run.ExitConfirmed, Is.False);
        Assert.That(run.ExitProof, Does.Contain("after SIGKILL"));
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
    }

    // Seen from outside: children of this process in other sessions than its own.
    private static IEnumerable<int> AdoptedByThisProcess()
    {
        var session = ProcessStat.TryRead(Environment.ProcessId)!.Value.Session;
        return ProcessStat.FindChildren(Environment.ProcessId).Where(id => ProcessStat.TryRead(id) is { } stat && stat.Session != session);
    }
}
