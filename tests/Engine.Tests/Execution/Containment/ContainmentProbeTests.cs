using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

[TestFixture]
[Platform("Linux")]
public sealed class ContainmentProbeTests
{
    // Found here by other means than the probe's, so that one that finds too little fails: its rung would go untested.
    [Test]
    public async Task Every_rung_that_the_machine_has_is_found_and_exercised()
    {
        foreach (var rung in Rungs.OfThisMachine)
        {
            using var attempt = new Attempt(rung);
            await attempt.RunChildAsync("escape");
            Assert.That(Survivors.With(attempt.Fence), Is.Empty, rung);
        }

        Assert.That(Rungs.OfThisMachine, Is.EquivalentTo(await ExpectAsync()), Rungs.Machine.Describe());
    }

    [Test]
    public async Task A_machine_without_bubblewrap_says_what_to_install()
    {
        using var spawner = new Spawner();
        var programs = PrefixPrograms.Find(Environment.GetEnvironmentVariable("PATH")) with { Bubblewrap = null };

        using var ladder = await new ContainmentProbe(programs, "/bin", spawner).RunAsync(SandboxMode.Auto);

        Assert.That(ladder.Best, Is.EqualTo(Rung.Session));
        Assert.That(ladder.Describe(), Does.Contain("no PID namespace: there is no program 'bwrap' on the PATH; install bubblewrap"));
    }

    [Test]
    public async Task A_bubblewrap_that_cannot_make_a_namespace_is_not_chosen()
    {
        using var spawner = new Spawner();
        var programs = PrefixPrograms.Find(Environment.GetEnvironmentVariable("PATH")) with { Bubblewrap = "/bin/false" };

        using var ladder = await new ContainmentProbe(programs, "/bin", spawner).RunAsync(SandboxMode.Auto);

        Assert.That(ladder.Best, Is.EqualTo(Rung.Session));
    }

    [Test]
    public async Task A_system_without_sessions_has_the_process_tree()
    {
        using var spawner = new Spawner();

        using var ladder = await new ContainmentProbe(new PrefixPrograms(), "/bin", spawner).RunAsync(SandboxMode.Auto);

        Assert.That(ladder.Best, Is.EqualTo(Rung.ProcessTree));
    }

    private static async Task<IEnumerable<string>> ExpectAsync()
    {
        // The check has tried each.
        if (Environment.GetEnvironmentVariable("TEST_RUNGS") is { Length: > 0 } tried)
            return tried.Split('\n');
        var expected = new List<string> { Rungs.Session };
        if (ProgramPath.Find("bwrap", Environment.GetEnvironmentVariable("PATH")) is not null)
            expected.Add(Rungs.Namespace);
        if (Environment.IsPrivilegedProcess && await File.ReadAllTextAsync("/proc/self/mountinfo") is var mounts && mounts.Contains(" - cgroup2 ", StringComparison.Ordinal)
            && !mounts.Split('\n').Single(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal)).Contains(" ro,", StringComparison.Ordinal))
            expected.AddRange([Rungs.SessionAndGroup, .. expected.Contains(Rungs.Namespace) ? new[] { Rungs.NamespaceAndGroup } : []]);
        return expected;
    }
}
