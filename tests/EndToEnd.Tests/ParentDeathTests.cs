using System.Diagnostics;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A host that is killed takes what it started with it, on every rung of the containment ladder that has a parent-death signal.</summary>
[Platform("Linux", Reason = "Other systems have no parent-death signal.")]
public sealed class ParentDeathTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    [Test]
    public async Task In_a_namespace_nothing_outlives_a_killed_host_by_two_seconds() =>
        await KillHostAsync("auto", "sleep 600 & setsid sleep 600 & echo ready; wait", processes: 5);

    [Test]
    public async Task In_a_session_the_command_does_not_outlive_a_killed_host_by_two_seconds() =>
        await KillHostAsync("off", "echo ready; exec sleep 600", processes: 1);

    private static async Task KillHostAsync(string sandbox, string script, int processes)
    {
        using var deployment = new Deployment(new DeploymentOptions { Sandbox = sandbox });
        deployment.LetDo(DelphiCommand.FullPipeline, script);
        await deployment.RunAsync("submit", "--from", deployment.Write("rows/job.json", NewJobs.Pending("job", "FULL_PIPELINE", "1", DateTimeOffset.UtcNow)));
        await using var host = deployment.Start("run");
        await host.WaitForOutputAsync("ready");
        Assert.That(RunningProcesses.Of(deployment.Folder), Has.Count.GreaterThanOrEqualTo(processes));

        var watch = Stopwatch.StartNew();
        host.Kill();

        while (RunningProcesses.Of(deployment.Folder).Count > 0)
        {
            Assert.That(watch.Elapsed, Is.LessThan(Limit), "something outlived its host");
            await Task.Delay(10);
        }
    }
}
