using System.Diagnostics;
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
        using var host = await StartBlindAsync(rung, duration);
        var proof = host.ReadLineAsync();

        await Task.WhenAny(proof, Task.Delay(Blindness));
        var early = proof.IsCompleted ? await proof : null;
        await SetOpenFilesAsync(host, "1000");

        Assert.That(early, Is.Null);
        Assert.That(await proof, Does.StartWith("confirmed: "));
        Assert.That(Survivors.With(duration).Where(IsNotTheHost), Is.Empty);
    }

    [TestCaseSource(nameof(RungNames))]
    public async Task What_cannot_be_looked_at_for_long_is_not_confirmed(string rung)
    {
        using var host = await StartBlindAsync(rung, $"303.{Environment.ProcessId}");

        var proof = await host.ReadLineAsync();

        Assert.That(proof, Does.StartWith("unconfirmed: ").And.Contains("Too many open files"));
    }

    /// <summary>Starts a host whose command is about to be killed, at a moment at which it can open nothing.</summary>
    private static async Task<StoreProcess> StartBlindAsync(string rung, string duration)
    {
        var host = StoreProcess.Start("prove", rung, "sleep", duration);
        Assert.That(await host.ReadLineAsync(), Is.EqualTo("ready"));
        await host.WriteLineAsync("end");
        Assert.That(await host.ReadLineAsync(), Does.StartWith("confirmed: "));
        Assert.That(await host.ReadLineAsync(), Is.EqualTo("ready"));
        await SetOpenFilesAsync(host, "0");
        await host.WriteLineAsync("end");
        return host;
    }

    private static async Task SetOpenFilesAsync(StoreProcess host, string soft)
    {
        using var prlimit = Process.Start("prlimit", ["--pid", $"{host.Id}", $"--nofile={soft}:"]);
        await prlimit.WaitForExitAsync();
        Assert.That(prlimit.ExitCode, Is.Zero);
    }

    private static bool IsNotTheHost(string process) => !process.Contains("store-child", StringComparison.Ordinal);
}
