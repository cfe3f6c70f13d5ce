using System.Globalization;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A job that looks for what is the host's, on each rung that an operator can choose: what is kept from it, and what only a sandbox keeps.</summary>
[Platform("Linux", Reason = "Elsewhere the host is not sealed.")]
public sealed class PryingJobTests
{
    // Without a sandbox root may read everything; without its capabilities it is a user like others, whose queue this is, and who can make no sandbox.
    private static readonly string[] AsOrdinaryUser = Environment.IsPrivilegedProcess ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

    [TestCase("auto")]
    [TestCase("off")]
    public async Task The_hosts_environment_is_kept_from_a_job_on_every_rung(string sandbox)
    {
        var lines = await PryAsync(sandbox, new Dictionary<string, string>(), "$child diagnose \"$tmp\" $host HOST_ONLY; $child read /proc/$host/environ");

        Assert.That(lines, Is.EqualTo(new[] { "refused", "refused" }));
    }

    [TestCase("auto")]
    [TestCase("off")]
    public async Task The_same_job_gets_it_from_a_host_whose_diagnostics_an_operator_left_open(string sandbox)
    {
        var lines = await PryAsync(sandbox, new Dictionary<string, string> { ["DOTNET_EnableDiagnostics"] = "1" }, "$child diagnose \"$tmp\" $host HOST_ONLY");

        Assert.That(lines, Is.EqualTo(new[] { "got HOST_ONLY=1" }));
    }

    [TestCase("auto", "refused")]
    [TestCase("off", "opened")]
    public async Task The_queue_is_kept_from_a_job_by_a_sandbox_and_by_nothing_else(string sandbox, string expected)
    {
        var lines = await PryAsync(sandbox, new Dictionary<string, string>(), "$child read $queue $queue-wal $queue-shm; $child open-to-write $queue $queue-wal $queue-shm");

        Assert.That(lines, Has.Length.EqualTo(6));
        Assert.That(lines[..3], expected == "refused" ? Is.All.EqualTo("refused") : Is.All.StartsWith("read "));
        Assert.That(lines[3..], Is.All.EqualTo(expected));
    }

    /// <summary>Runs a job on a host and gives the lines that it printed.</summary>
    private static async Task<string[]> PryAsync(string sandbox, Dictionary<string, string> environment, string script)
    {
        using var deployment = new Deployment(new DeploymentOptions { Sandbox = sandbox });
        await using var host = deployment.StartBehind(sandbox == "off" ? AsOrdinaryUser : [], environment, "run");
        await host.WaitForErrorAsync($"on this machine: {(sandbox == "off" ? "session" : "PID namespace")}");
        await host.WaitForErrorAsync("with 1 slot(s)");
        deployment.LetDo(DelphiCommand.FullPipeline, $"""
            child="dotnet '{BuiltFiles.Child}'"; child="eval $child"
            tmp='{Path.GetTempPath()}' host={host.Id.ToString(CultureInfo.InvariantCulture)} queue='{deployment.Database}'
            {script}
            echo done
            """);
        await deployment.RunAsync("submit", "--from", deployment.Write("rows/job.json", NewJobs.Pending("job", "FULL_PIPELINE", "1", DateTimeOffset.UtcNow)));
        await host.WaitForErrorAsync("marked as COMPLETED");
        await host.SignalAsync("TERM");
        var end = await host.WaitAsync();
        const string Printed = "[stdout] ";
        return [.. end.Output.Where(line => line.Contains(Printed, StringComparison.Ordinal)).Select(line => line[(line.IndexOf(Printed, StringComparison.Ordinal) + Printed.Length)..]).TakeWhile(line => line != "done")];
    }
}
