namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A command must not start before its claim would survive a loss of power: one that takes the machine down has to find its attempt counted.</summary>
[Platform("Linux")]
public sealed class SettledClaimTests
{
    /// <summary>Nothing else that a host starts.</summary>
    private const string Program = "/usr/bin/nproc";

    [Test]
    public async Task A_command_starts_after_the_sync_of_its_claim()
    {
        Assume.That(File.Exists("/usr/bin/strace"), "Following syncs needs 'strace' (package strace).");
        using var deployment = new Deployment(new DeploymentOptions { FullPipeline = $"[{Program}]" });
        await deployment.RunAsync("submit", "--from", deployment.Write("row.json", NewJobs.Pending("job", "FULL_PIPELINE", "1", DateTimeOffset.UtcNow)));
        var trace = deployment.Write("trace", "");

        // Each sync takes half a second more, so that a command that does not wait for it is found out.
        string[] strace =
        [
            "strace", "-f", "-y", "-qq", "-e", "trace=pwrite64,fsync,execve", "-e", "inject=fsync:delay_enter=500000", "-e", "signal=none", "-o", trace,
        ];
        await using var host = deployment.StartBehind(strace, new Dictionary<string, string>(), "run", "--once");
        var end = await host.WaitAsync();

        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        var calls = await File.ReadAllLinesAsync(trace);
        var started = Array.FindIndex(calls, call => call.Contains($"execve(\"{Program}\"", StringComparison.Ordinal));
        Assert.That(started, Is.Positive);
        var claimed = Array.FindLastIndex(calls, started, call => call.Contains("pwrite64", StringComparison.Ordinal) && call.Contains("-wal>", StringComparison.Ordinal));
        Assert.That(claimed, Is.Positive);
        var synced = Array.FindIndex(calls, claimed, IsSyncOfLog);
        Assert.That(synced, Is.InRange(claimed, started));
        Assert.That(Array.FindIndex(calls, synced, IsEndOfSync), Is.LessThan(started));
    }

    private static bool IsSyncOfLog(string call) => call.Contains("fsync(", StringComparison.Ordinal) && call.Contains("-wal>", StringComparison.Ordinal);

    private static bool IsEndOfSync(string call) => call.Contains("fsync", StringComparison.Ordinal) && call.Contains("= 0", StringComparison.Ordinal);
}
