using DelphiRunner.Engine.Tests.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>A host that has no descriptor left cannot look at processes, which does not show that they are gone.</summary>
[TestFixture]
[Platform("Linux")]
public sealed class BlindHostTests
{
    private static readonly TimeSpan Blindness = TimeSpan.FromMilliseconds(300);

    private static IEnumerable<string> RungNames => Rungs.Machine.NoNamespace is null ? ["session", "namespace"] : ["session"];

    [TestCaseSource(nameof(RungNames))]
    public async Task What_could_not_be_looked_at_is_killed_and_shown_to_be_gone_when_the_host_sees_again(string rung)
    {
        var duration = $"302.{Environment.ProcessId}";
        using var host = StoreProcess.Start("prove", rung, "sleep", duration);
        using var blindfold = await BlindAsync(host);
        var proof = host.ReadLineAsync();

        await Task.WhenAny(proof, Task.Delay(Blindness));
        var early = proof.IsCompleted ? await proof : null;
        await blindfold.TakeOffAsync();

        Assert.That(early, Is.Null);
        Assert.That(await proof, Does.StartWith("confirmed: "));
        Assert.That(Survivors.With(duration).Where(IsNotTheHost), Is.Empty);
    }

    [TestCaseSource(nameof(RungNames))]
    public async Task What_cannot_be_looked_at_for_long_is_not_confirmed(string rung)
    {
        using var host = StoreProcess.Start("prove", rung, "sleep", $"303.{Environment.ProcessId}");
        using var blindfold = await BlindAsync(host);

        var proof = await host.ReadLineAsync();

        Assert.That(proof, Does.StartWith("unconfirmed: ").And.Contains("Too many open files"));
    }

    /// <summary>Takes from a host the sight of its command's root, as if it had no descriptor left, and lets it end the command.</summary>
    private static async Task<Blindfold> BlindAsync(StoreProcess host)
    {
        var root = await host.ReadLineAsync();
        var blindfold = await Blindfold.PutOnAsync(host.Id, $"/proc/{root}/stat");
        await host.WriteLineAsync("end");
        return blindfold;
    }

    private static bool IsNotTheHost(string process) => !process.Contains("store-child", StringComparison.Ordinal) && !process.Contains("strace", StringComparison.Ordinal);
}
