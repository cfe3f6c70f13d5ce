using System.Diagnostics;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>What is acknowledged survives <c>kill -9</c> of the host and of the submitter, at whatever moment it comes.</summary>
[Category("Soak")]
public sealed class KilledHostTests
{
    private const int Runs = 20;
    private const int JobsPerRun = 60;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Test]
    public async Task No_acknowledged_submit_is_lost_and_every_job_ends()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"The moments come from seed {seed}.");
        var random = new Random(seed);
        using var deployment = new Deployment(new DeploymentOptions { Slots = 4, FullPipeline = "[/bin/true]", ClaimLength = "10s" });
        var acknowledged = new List<string>();

        for (var run = 0; run < Runs; run++)
        {
            acknowledged.AddRange(await KillWhileDrainingAsync(deployment, run, TimeSpan.FromMilliseconds(random.Next(100, 1500))));
            var stored = (await deployment.ReadRowsAsync()).Select(row => row.Id).ToHashSet();
            Assert.That(acknowledged.Where(id => !stored.Contains(id)), Is.Empty, $"acknowledged before kill {run}, with seed {seed}");
        }

        await DrainAsync(deployment);

        var rows = await deployment.ReadRowsAsync();
        Assert.That(acknowledged, Has.Count.GreaterThan(JobsPerRun), "too few submits were acknowledged to show anything");
        Assert.That(rows.Select(row => row["status"]?.Text), Is.All.AnyOf("COMPLETED", "FAILED"));
        // A job may only fail by having been begun too often; /bin/true does not.
        Assert.That(rows.Where(row => row["status"]?.Text == "FAILED").Select(row => row["error_message"]?.Text), Is.All.Contain("without coming to an end"));
    }

    /// <summary>Submits jobs while a host drains them, and kills both at a moment; gives the ids whose submit was acknowledged.</summary>
    private static async Task<IReadOnlyList<string>> KillWhileDrainingAsync(Deployment deployment, int run, TimeSpan moment)
    {
        var files = Enumerable.Range(0, JobsPerRun).Select(number =>
        {
            var id = $"job-{run:00}-{number:00}";
            return deployment.Write($"rows/{id}.json", NewJobs.Pending(id, "FULL_PIPELINE", $"{run * JobsPerRun + number + 1}", DateTimeOffset.UtcNow));
        });
        await using var host = deployment.Start("run");
        await using var submit = deployment.Start(["submit", "--from", .. files]);

        // The moment is the point of the test: whatever the programs are doing then.
        await Task.Delay(moment);
        host.Kill();
        submit.Kill();

        await host.WaitAsync();
        var end = await submit.WaitAsync();
        return [.. end.Output.Where(line => line.Contains("submitted with ID: ", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1])];
    }

    /// <summary>Runs a host until all jobs have ended: the claims of the killed ones have to lapse first.</summary>
    private static async Task DrainAsync(Deployment deployment)
    {
        await using var host = deployment.Start("run");
        var started = Stopwatch.GetTimestamp();
        while ((await deployment.ReadRowsAsync()).Any(row => row["status"]?.Text is not ("COMPLETED" or "FAILED")))
        {
            Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(Limit), "the jobs that the killed hosts left have not ended");
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        await host.SignalAsync("TERM");
        var end = await host.WaitAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
    }
}
