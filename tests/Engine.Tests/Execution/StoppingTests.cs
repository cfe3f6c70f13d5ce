using System.Diagnostics;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution;

[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform(Exclude = "Win")]
public sealed class StoppingTests(string rung)
{
    private const int KilledCode = 128 + 9;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan TimerGrain = TimeSpan.FromMilliseconds(20);

    [Test]
    public async Task A_silent_command_ends_at_its_time_limit()
    {
        using var attempt = new Attempt(rung) { TimeLimit = Short };

        var run = await attempt.RunAsync(attempt.Approve("/bin/sleep", "300"));

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.TimeLimit));
        Assert.That(run.Result.ExitCode, Is.EqualTo(128 + 15));
        Assert.That(run.Result.Elapsed, Is.InRange(Short - TimerGrain, TimeSpan.FromSeconds(10)));
        Assert.That(run.Result.Describe(), Is.EqualTo("Process timed out after 0.4 seconds."));
        Assert.That(run.ExitConfirmed, Is.True);
    }

    [Test]
    public async Task A_partial_last_line_is_delivered_at_the_time_limit()
    {
        using var attempt = new Attempt(rung) { TimeLimit = TimeSpan.FromSeconds(2) };

        var run = await attempt.RunChildAsync("partial-line", "begun and no");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.TimeLimit));
        Assert.That(attempt.Lines, Is.EqualTo(new[] { "begun and no" }));
        Assert.That(run.Result.LastLines, Is.EqualTo(attempt.Lines));
        Assert.That(attempt.Spool, Is.EqualTo("begun and no"));
    }

    [Test]
    public async Task A_command_that_is_asked_to_end_may_end_in_its_own_way()
    {
        using var attempt = new Attempt(rung) { StopAt = "ready" };

        var run = await attempt.RunChildAsync("trap-term", "17");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Stopped));
        Assert.That(run.Result.ExitCode, Is.EqualTo(17));
        Assert.That(attempt.Lines, Is.EqualTo(new[] { "ready", "trapped" }));
    }

    [Test]
    public async Task A_command_that_ignores_the_signal_is_killed_after_the_grace()
    {
        using var attempt = new Attempt(rung) { StopAt = "ready", Stop = new StopOptions { Grace = Short } };

        var run = await attempt.RunChildAsync("ignore-term");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Stopped));
        Assert.That(run.Result.ExitCode, Is.EqualTo(KilledCode));
        Assert.That(run.Result.Elapsed, Is.GreaterThan(Short - TimerGrain));
        Assert.That(run.ExitConfirmed, Is.True);
    }

    [Test]
    public async Task The_signal_is_the_one_that_is_configured()
    {
        using var attempt = new Attempt(rung) { StopAt = "ready", Stop = new StopOptions { Signal = StopSignal.Hup, Grace = TimeSpan.FromSeconds(20) } };

        var run = await attempt.RunShellAsync("trap 'exit 21' HUP; trap '' TERM; echo ready; while :; do sleep 0.05; done");

        Assert.That(run.Result.ExitCode, Is.EqualTo(21));
    }

    [Test]
    public async Task A_kill_knows_no_grace()
    {
        using var attempt = new Attempt(rung) { KillAt = "ready", Stop = new StopOptions { Grace = TimeSpan.FromHours(1) } };

        var run = await attempt.RunChildAsync("trap-term", "17");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Stopped));
        Assert.That(run.Result.ExitCode, Is.EqualTo(KilledCode));
        Assert.That(run.Result.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task A_kill_ends_the_grace()
    {
        using var attempt = new Attempt(rung) { StopAt = "ready", KillAt = "trapped", Stop = new StopOptions { Grace = TimeSpan.FromHours(1) } };

        var run = await attempt.RunShellAsync("trap 'echo trapped' TERM; echo ready; while :; do sleep 0.05; done");

        Assert.That(run.Result.ExitCode, Is.EqualTo(KilledCode));
    }

    [Test]
    public async Task A_process_that_stopped_itself_can_be_asked_to_end()
    {
        using var attempt = new Attempt(rung) { TimeLimit = TimeSpan.FromSeconds(2) };

        var run = await attempt.RunChildAsync("stop-itself");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.TimeLimit));
        Assert.That(run.Result.ExitCode, Is.EqualTo(128 + 15));
    }

    [Test]
    public async Task The_whole_group_gets_the_signal()
    {
        using var attempt = new Attempt(rung) { StopAt = "ready" };

        var run = await attempt.RunShellAsync("trap : TERM; sh -c 'trap \"echo inner; exit\" TERM; echo ready; while :; do sleep 0.05; done'; echo outer; exit 4");

        // The shell itself may tell that its sleep was terminated.
        Assert.That(attempt.Lines.Where(line => line != "Terminated"), Is.EqualTo(new[] { "ready", "inner", "outer" }));
        Assert.That(run.Result.ExitCode, Is.EqualTo(4));
    }

    [Test]
    public async Task A_grandchild_that_holds_the_pipe_changes_neither_exit_code_nor_output()
    {
        using var attempt = new Attempt(rung);
        var watch = Stopwatch.StartNew();

        var run = await attempt.RunChildAsync("hold-pipe", "300");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Exited));
        Assert.That(run.Result.ExitCode, Is.Zero);
        Assert.That(attempt.Lines, Is.EqualTo(new[] { "left" }));
        // A namespace ends with its command, and the pipe with the namespace.
        var wait = TimeSpan.FromSeconds(Rungs.WithNamespace.Contains(rung) ? 0 : 2);
        Assert.That(watch.Elapsed, Is.InRange(wait, TimeSpan.FromSeconds(15)));
        Assert.That(run.Result.Elapsed, Is.LessThan(watch.Elapsed - (0.75 * wait)), "the wait for the pipe is not the command's time");
    }

    [Test]
    public async Task What_a_grandchild_writes_within_the_bounded_wait_is_kept_but_a_namespace_ends_at_once()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunShellAsync("(sleep 0.5; echo late) & echo early");

        Assert.That(attempt.Lines, Is.EqualTo(Rungs.WithNamespace.Contains(rung) ? ["early"] : new[] { "early", "late" }));
    }

    [Test]
    public async Task Nothing_of_the_group_outlives_the_run()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("leave-behind");

        Assert.That(run.Result.ExitCode, Is.EqualTo(5));
        Assert.That(run.ExitConfirmed, Is.True);
        Assert.That(run.ExitProof, Does.StartWith(Rungs.ProofOf(rung)));
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
    }
}
