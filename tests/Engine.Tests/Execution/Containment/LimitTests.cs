using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What a limit stops on each rung, or that it says it cannot.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform("Linux")]
public sealed class LimitTests(string rung)
{
    [Test]
    public async Task A_command_that_eats_memory_is_stopped_at_its_limit()
    {
        using var attempt = new Attempt(rung) { Configured = Limits(new LimitOptions { MemoryBytes = 512L << 20 }) };

        var run = await attempt.RunChildAsync("eat-memory");

        Assert.That(run.Result.Succeeded, Is.False);
        Assert.That(run.Result.PeakMemoryBytes ?? 0, Is.LessThan(600L << 20));
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        Assert.That(Rungs.Confine(rung, attempt.Configured).LimitReports.Single().EnforcedBy, Is.Not.Null);
    }

    [Test]
    public async Task A_command_that_reserves_much_and_uses_little_starts_under_a_limit_of_memory()
    {
        // A .NET program, which dies where its address space is limited.
        using var attempt = new Attempt(rung) { Configured = Limits(new LimitOptions { MemoryBytes = 512L << 20 }) };

        var run = await attempt.RunChildAsync("echo", "hello");

        Assert.That(run.Result.Succeeded, Is.True);
        Assert.That(attempt.Lines, Is.EqualTo(new[] { "hello" }));
    }

    [Test]
    public async Task A_command_that_forks_without_end_is_stopped_or_the_limit_is_said_to_be_unavailable()
    {
        var options = Limits(new LimitOptions { Processes = 80 });
        // Root's processes are counted by nobody but a controller: there it takes a user of its own.
        var report = Rungs.Confine(rung, options).LimitReports.Single();
        if (report.EnforcedBy is null && Environment.IsPrivilegedProcess && Rungs.WithNamespace.Contains(rung))
            options = options with { User = "nobody" };
        using var attempt = new Attempt(rung) { Configured = options };
        if (Rungs.Confine(rung, options).LimitReports.Single().EnforcedBy is null)
        {
            Assert.That(report.ToString(), Does.StartWith("processes 80: unavailable. It needs a cgroup with the controller"));
            return;
        }

        var run = await attempt.RunChildAsync("fork-bomb");

        Assert.That(run.Result.Succeeded, Is.False, string.Join('\n', attempt.Lines));
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
    }

    [Test]
    public async Task A_command_that_burns_processor_time_is_ended_at_its_limit()
    {
        using var attempt = new Attempt(rung) { Configured = Limits(new LimitOptions { CpuTime = TimeSpan.FromSeconds(1) }) };

        var run = await attempt.RunShellAsync("while :; do :; done");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Exited));
        Assert.That(run.Result.ExitCode, Is.GreaterThan(128));
    }

    [Test]
    public async Task A_file_does_not_grow_beyond_its_limit()
    {
        using var attempt = new Attempt(rung) { Configured = Limits(new LimitOptions { FileSizeBytes = 64 << 10 }) };

        await attempt.RunShellAsync("head -c 1000000 /dev/zero > file");

        Assert.That(new FileInfo(Path.Combine(attempt.Folder, "file")).Length, Is.EqualTo(64 << 10));
    }

    [Test]
    public async Task A_command_that_fills_the_disk_is_stopped_at_its_limit()
    {
        const int Most = 8 << 20;
        using var attempt = new Attempt(rung) { Configured = Limits(new LimitOptions { FileSizeBytes = Most }) };
        var file = Path.Combine(attempt.Folder, "file");

        var run = await attempt.RunChildAsync("fill", file, $"{1 << 30}");

        Assert.That(new FileInfo(file).Length, Is.EqualTo(Most));
        Assert.That(attempt.Lines, Does.Not.Contain("filled"));
        Assert.That(run.ExitConfirmed, Is.True, run.ExitProof);
    }

    [Test]
    public async Task Open_files_are_limited()
    {
        using var attempt = new Attempt(rung) { Configured = Limits(new LimitOptions { OpenFiles = 64 }) };

        await attempt.RunShellAsync("ulimit -n");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "64" }));
    }

    [Test]
    public async Task A_limit_above_what_the_host_may_give_is_said_to_be_unavailable_and_the_command_runs()
    {
        using var attempt = new Attempt(rung) { Configured = Limits(new LimitOptions { OpenFiles = int.MaxValue, FileSizeBytes = 1 << 20 }) };

        var run = await attempt.RunShellAsync("echo hello");

        Assert.That(run.Result.Succeeded, Is.True, string.Join('\n', attempt.Lines));
        var reports = Rungs.Confine(rung, attempt.Configured).LimitReports;
        Assert.That(reports.Select(report => report.EnforcedBy is not null), Is.EqualTo(new[] { false, true }));
        Assert.That(reports[0].ToString(), Does.StartWith($"open_files {int.MaxValue}: unavailable. The host itself may have no more than "));
    }

    private static ConfinementOptions Limits(LimitOptions limits) => new() { Limits = limits };
}
