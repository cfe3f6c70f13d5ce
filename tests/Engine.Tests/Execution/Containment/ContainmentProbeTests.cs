using System.Runtime.Versioning;
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

    [Test]
    public async Task Without_setpriv_it_is_said_what_is_lost()
    {
        using var spawner = new Spawner();
        var programs = PrefixPrograms.Find(Environment.GetEnvironmentVariable("PATH")) with { Bubblewrap = null, SetPriv = null };

        using var ladder = await new ContainmentProbe(programs, "/bin", spawner).RunAsync(SandboxMode.Auto);

        var weaker = new ConfinementPolicy(ladder, SandboxMode.Off, []).Decide(new ConfinementOptions()).Weaker;
        Assert.That(weaker, Does.Contain("there is no program 'setpriv' on the PATH; install util-linux").And.Contains("may get privileges").And.Contains("outlive the host"));
        Assert.That(ladder.Describe(), Does.Contain("'setpriv'"));
    }

    [Test]
    [UnsupportedOSPlatform("windows")]
    public async Task A_setpriv_that_lacks_an_option_is_not_used_and_said()
    {
        using var spawner = new Spawner();
        using var attempt = new Attempt();
        var poor = Path.Combine(attempt.Folder, "setpriv");
        await File.WriteAllTextAsync(poor, "#!/bin/sh\necho \"setpriv: unrecognized option: pdeathsig\" >&2\nexit 1\n");
        File.SetUnixFileMode(poor, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var programs = PrefixPrograms.Find(Environment.GetEnvironmentVariable("PATH")) with { Bubblewrap = null, SetPriv = poor };

        using var ladder = await new ContainmentProbe(programs, "/bin", spawner).RunAsync(SandboxMode.Auto);

        Assert.That(ladder.Best, Is.EqualTo(Rung.Session));
        Assert.That(ladder.Programs.SetPriv, Is.Null);
        Assert.That(new ConfinementPolicy(ladder, SandboxMode.Off, []).Decide(new ConfinementOptions()).Weaker, Does.Contain("unrecognized option: pdeathsig"));
    }

    [Test]
    public async Task Without_setsid_there_is_a_namespace_all_the_same()
    {
        if (Rungs.Machine.NoNamespace is not null)
            return;
        using var spawner = new Spawner();
        var programs = PrefixPrograms.Find(Environment.GetEnvironmentVariable("PATH")) with { SetSid = null };

        using var ladder = await new ContainmentProbe(programs, "/bin", spawner).RunAsync(SandboxMode.Auto);

        var policy = new ConfinementPolicy(ladder, SandboxMode.Auto, []);
        Assert.That(policy.Decide(new ConfinementOptions()).Rung, Is.EqualTo(Rung.Namespace));
        var open = policy.Decide(new ConfinementOptions { Sandbox = SandboxProfile.Off });
        Assert.That(open.Rung, Is.EqualTo(Rung.ProcessTree));
        Assert.That(open.Weaker, Does.Contain("there is no program 'setsid' on the PATH; install util-linux"));
    }

    [Test]
    public async Task Who_requires_a_namespace_where_there_is_nothing_is_told_what_to_install()
    {
        using var spawner = new Spawner();

        using var ladder = await new ContainmentProbe(new PrefixPrograms(), "/bin", spawner).RunAsync(SandboxMode.Required);

        Assert.That(
            () => new ConfinementPolicy(ladder, SandboxMode.Required, []).Decide(new ConfinementOptions()),
            Throws.TypeOf<ConfinementException>().With.Message.Contains("Install bubblewrap"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Where_the_temporary_folder_cannot_be_written_the_hosts_own_is_used_or_the_reason_is_said(bool hasFolder)
    {
        if (Rungs.Machine.NoNamespace is not null)
            return;
        using var spawner = new Spawner();
        using var attempt = new Attempt();
        var before = Environment.GetEnvironmentVariable("TMPDIR");
        Environment.SetEnvironmentVariable("TMPDIR", "/proc/none");
        try
        {
            var probe = new ContainmentProbe(Rungs.Machine.Programs, "/bin", spawner) { Folder = hasFolder ? attempt.State : "/no/such/folder" };
            using var ladder = await probe.RunAsync(SandboxMode.Auto);

            Assert.That(ladder.NoNamespace, hasFolder ? Is.Null : Does.Contain("/proc/none"));
            Assert.That(ladder.Best, Is.EqualTo(hasFolder ? Rung.Namespace : Rung.Session));
            Assert.That(Directory.EnumerateDirectories(attempt.State), Is.Empty);
        }
        finally
        {
            Environment.SetEnvironmentVariable("TMPDIR", before);
        }
    }

    [Test]
    public async Task A_kernel_that_cannot_kill_a_cgroup_is_not_waited_for()
    {
        using var spawner = new Spawner();
        using var attempt = new Attempt();
        // As before Linux 5.14.
        var group = Directory.CreateDirectory(Path.Combine(attempt.State, "1")).FullName;
        foreach (var file in new[] { "cgroup.procs", "cgroup.events", "cpu.stat" })
            await File.WriteAllTextAsync(Path.Combine(group, file), "");
        using var groups = new ControlGroups(attempt.State, []);

        var failure = await new ContainmentProbe(Rungs.Machine.Programs, "/bin", spawner).TryGroupAsync(groups);

        Assert.That(failure, Is.EqualTo("this kernel has no cgroup.kill, which came with Linux 5.14"));
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
