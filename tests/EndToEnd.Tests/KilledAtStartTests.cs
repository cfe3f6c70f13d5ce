using System.Diagnostics;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A host that is killed while it starts many commands leaves nothing behind for longer than until its next start.</summary>
[Category("Soak")]
[Platform("Linux", Reason = "Other systems have no parent-death signal.")]
public sealed class KilledAtStartTests
{
    private const int Rounds = 15;
    private const int Jobs = Rounds * 32;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    // Long enough that whatever is not ended is seen.
    private const string Sleep = "[/bin/sleep, '600']";

    [TestCase("auto")]
    [TestCase("off")]
    public async Task Whatever_a_killed_host_was_starting_is_gone_soon_or_at_its_next_start(string sandbox)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        using var deployment = new Deployment(new DeploymentOptions { Slots = 32, Sandbox = sandbox, FullPipeline = Sleep, ClaimLength = "10s", IsExclusive = false });
        await deployment.RunAsync(["submit", "--from", .. Enumerable.Range(0, Jobs).Select(number =>
            deployment.Write($"rows/{number}.json", NewJobs.Pending($"job-{number:00}", "FULL_PIPELINE", $"{number + 1}", DateTimeOffset.UtcNow)))]);
        var left = 0;

        for (var round = 0; round < Rounds; round++)
        {
            await using var host = deployment.Start("run");
            await host.WaitForErrorAsync("with 32 slot(s)");
            Assert.That(RunningProcesses.Of(deployment.Folder), Is.Empty, $"in round {round} with seed {seed} at the start of the next host");
            await host.WaitForOutputAsync("Executing command");
            // The moment is the point of the test: however many commands are being started then.
            await Task.Delay(random.Next(0, 250));
            host.Kill();
            await host.WaitAsync();
            left += await StaysAsync(deployment.Folder) ? 1 : 0;
        }

        await using var last = deployment.Start("run");
        await last.WaitForErrorAsync("with 32 slot(s)");
        await TestContext.Out.WriteLineAsync($"seed {seed}: in {left} of {Rounds} kills something waited for the next start");
    }

    private static async Task<bool> StaysAsync(string folder)
    {
        var watch = Stopwatch.StartNew();
        while (RunningProcesses.Of(folder).Count > 0)
        {
            if (watch.Elapsed > Limit)
                return true;
            await Task.Delay(10);
        }

        return false;
    }
}
