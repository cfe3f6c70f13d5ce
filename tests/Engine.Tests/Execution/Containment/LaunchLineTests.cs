using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>What stands before a command: each program of it costs a start.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform("Linux")]
public sealed class LaunchLineTests(string rung)
{
    [Test]
    public void At_most_three_programs_stand_before_a_command_whatever_is_configured()
    {
        var limits = new LimitOptions { MemoryBytes = 512L << 20, CpuTime = TimeSpan.FromMinutes(1), OpenFiles = 64, Processes = 80, FileSizeBytes = 1 << 20 };
        var canBeAnother = Environment.IsPrivilegedProcess && Rungs.WithNamespace.Contains(rung);
        var confinement = Rungs.Confine(rung, new ConfinementOptions { Limits = limits, User = canBeAnother ? "nobody" : null });
        var programs = Rungs.Machine.Programs;

        var prefix = LaunchLine.Prefix(confinement, programs, HostFiles.Of("/state", queue: null, secrets: []), "/state/work/attempt", secretFolder: null, "/");

        var known = new[] { programs.Bubblewrap, programs.SetSid, programs.SetPriv, programs.PrLimit };
        Assert.That(prefix.Count(known.Contains), Is.EqualTo(Rungs.WithNamespace.Contains(rung) && !canBeAnother ? 2 : 3));
    }

    [TestCase(1, "prlimit: failed to set the NOFILE resource limit: Operation not permitted", "failed to set the NOFILE resource limit: Operation not permitted")]
    [TestCase(127, "prlimit: failed to execute /no: No such file or directory", "failed to execute /no: No such file or directory")]
    [TestCase(1, "bwrap: execvp /no: No such file or directory", "execvp /no: No such file or directory")]
    [TestCase(1, "setpriv: failed to set", null)]
    [TestCase(1, "prlimit: something of the command's", null)]
    [TestCase(2, "prlimit: failed to set the NOFILE resource limit: Operation not permitted", null)]
    public void A_prefix_program_that_could_not_do_its_work_is_a_failed_start(int exitCode, string line, string? reason) =>
        Assert.That(LaunchLine.StartFailure(exitCode, [line]), Is.EqualTo(reason));
}
