using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>The rungs of the containment ladder that this machine has, each a case of the fixtures that are about them.</summary>
internal static class Rungs
{
    public const string Namespace = "namespace";
    public const string NamespaceAndGroup = "namespace and cgroup";
    public const string Session = "session";
    public const string SessionAndGroup = "session and cgroup";

    // Never disposed: its cgroups are used until the last test.
    private static readonly Lazy<ContainmentLadder> Probed = new(() => Task.Run(ProbeAsync).GetAwaiter().GetResult());

    public static ContainmentLadder Machine => Probed.Value;

    public static IEnumerable<string> OfThisMachine => OperatingSystem.IsLinux()
        ?
        [
            .. Machine.NoNamespace is null ? new[] { Namespace } : [],
            .. Machine is { NoNamespace: null, Groups: not null } ? new[] { NamespaceAndGroup } : [],
            Session,
            .. Machine.Groups is null ? [] : new[] { SessionAndGroup },
        ]
        : [Session];

    public static IEnumerable<string> WithNamespace => OfThisMachine.Where(rung => rung is Namespace or NamespaceAndGroup);

    /// <summary>The confinement of a rung, with what a job type may configure besides.</summary>
    public static Confinement Confine(string rung, ConfinementOptions options)
    {
        if (Machine.Best == Rung.ProcessTree)
            return new Confinement { Rung = Rung.ProcessTree };
        var isNamespace = rung is Namespace or NamespaceAndGroup;
        var decided = new ConfinementPolicy(Machine, SandboxMode.Auto, []).Decide(isNamespace ? options : options with { Sandbox = SandboxProfile.Off });
        Assert.That(decided.Rung, Is.EqualTo(isNamespace ? Rung.Namespace : Rung.Session));
        return decided with { HasControlGroup = rung is NamespaceAndGroup or SessionAndGroup };
    }

    /// <summary>How the proof of death of a rung begins.</summary>
    public static string ProofOf(string rung) => rung is Namespace or NamespaceAndGroup ? "namespace gone" : "group empty after 2 sweeps";

    /// <summary>The name of a folder's owner.</summary>
    public static async Task<string> OwnerOfAsync(string folder)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%U", folder]) { RedirectStandardOutput = true })!;
        return (await stat.StandardOutput.ReadToEndAsync()).Trim();
    }

    private static async Task<ContainmentLadder> ProbeAsync()
    {
        using var spawner = new Spawner();
        var searchPath = Environment.GetEnvironmentVariable("PATH");
        return await new ContainmentProbe(PrefixPrograms.Find(searchPath), searchPath, spawner).RunAsync(SandboxMode.Auto);
    }
}
