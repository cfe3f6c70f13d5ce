using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

[TestFixture]
public sealed class ConfinementPolicyTests
{
    private const string Reason = "there is no program 'bwrap' on the PATH; install bubblewrap";

    [Test]
    public void The_best_rung_is_the_default()
    {
        using var ladder = Ladder(noNamespace: null);

        var confinement = new ConfinementPolicy(ladder, SandboxMode.Auto, []).Decide(new ConfinementOptions());

        Assert.That(confinement.Rung, Is.EqualTo(Rung.Namespace));
        Assert.That(confinement.Profile, Is.EqualTo(SandboxProfile.Processes));
        Assert.That(confinement.Weaker, Is.Null);
    }

    [TestCase(null)]
    [TestCase(SandboxProfile.Processes)]
    public void A_weaker_rung_is_said_with_its_reason(object? sandbox)
    {
        using var ladder = Ladder(Reason);

        var confinement = new ConfinementPolicy(ladder, SandboxMode.Auto, []).Decide(new ConfinementOptions { Sandbox = (SandboxProfile?)sandbox });

        Assert.That(confinement.Rung, Is.EqualTo(Rung.Session));
        Assert.That(confinement.Weaker, Is.EqualTo($"no PID namespace: {Reason}"));
    }

    [TestCase(SandboxMode.Required, null, "required and cannot be made")]
    [TestCase(SandboxMode.Auto, SandboxProfile.Strict, "'strict' cannot be made")]
    [TestCase(SandboxMode.Off, SandboxProfile.Strict, "'strict' cannot be made")]
    [TestCase(SandboxMode.Required, SandboxProfile.Off, "is 'off', and execution.sandbox is 'required'")]
    public void What_is_demanded_is_never_replaced_by_less(object mode, object? sandbox, string message)
    {
        using var ladder = Ladder(Reason);

        Assert.That(
            () => new ConfinementPolicy(ladder, (SandboxMode)mode, []).Decide(new ConfinementOptions { Sandbox = (SandboxProfile?)sandbox }),
            Throws.TypeOf<ConfinementException>().With.Message.Contains(message));
    }

    [Test]
    public void Who_wants_no_namespace_gets_none_and_no_warning()
    {
        using var ladder = Ladder(noNamespace: null);

        var all = new ConfinementPolicy(ladder, SandboxMode.Off, []).Decide(new ConfinementOptions());
        var one = new ConfinementPolicy(ladder, SandboxMode.Auto, []).Decide(new ConfinementOptions { Sandbox = SandboxProfile.Off });

        Assert.That(new[] { all.Rung, one.Rung }, Is.All.EqualTo(Rung.Session));
        Assert.That(all.Weaker ?? one.Weaker, Is.Null);
    }

    [Test]
    public void Another_user_needs_a_namespace()
    {
        using var ladder = Ladder(Reason);

        Assert.That(() => new ConfinementPolicy(ladder, SandboxMode.Auto, []).Decide(new ConfinementOptions { User = "nobody" }), Throws.TypeOf<ConfinementException>());
    }

    [Test]
    public void A_limit_that_nothing_enforces_says_what_it_needs()
    {
        using var ladder = Ladder(Reason);

        var confinement = new ConfinementPolicy(ladder, SandboxMode.Auto, []).Decide(
            new ConfinementOptions { Limits = new LimitOptions { MemoryBytes = 1 << 30, OpenFiles = 64 } });

        Assert.That(confinement.LimitReports.Select(limit => limit.ToString()), Is.EqualTo(new[]
        {
            "memory 1073741824 bytes: unavailable. Install util-linux ('prlimit').",
            "open_files 64: unavailable. Install util-linux ('prlimit').",
        }));
        Assert.That(confinement.ProcessLimits, Is.EqualTo(new LimitOptions()));
    }

    private static ContainmentLadder Ladder(string? noNamespace) => new()
    {
        Programs = new PrefixPrograms { SetSid = "/usr/bin/setsid" },
        Best = noNamespace is null ? Rung.Namespace : Rung.Session,
        NoNamespace = noNamespace,
        NoStrict = noNamespace,
    };
}
