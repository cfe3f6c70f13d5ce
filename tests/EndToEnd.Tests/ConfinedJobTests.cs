namespace DelphiRunner.EndToEnd.Tests;

/// <summary>How commands are confined, as an operator sees it.</summary>
[Platform("Linux", Reason = "Other systems have no namespaces.")]
public sealed class ConfinedJobTests
{
    [Test]
    public async Task An_attempt_tells_its_containment_and_the_proof_of_its_end()
    {
        using var deployment = new Deployment();
        await SubmitAsync(deployment);

        var end = await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync("job");
        Assert.That(end.ErrorText, Does.Contain("Containment of commands on this machine: PID namespace by bubblewrap"));
        Assert.That(row["status"]?.Text, Is.EqualTo("COMPLETED"));
        Assert.That(row["process_exit_confirmed"]?.Text, Is.EqualTo("true").IgnoreCase);
        Assert.That(row["attempts"]?.Text, Does.Contain("\"containment\":\"PID namespace (processes)").And.Contain("\"exit_proof\":\"namespace gone").And.Contain("\"ended_by\":\"exit\""));
    }

    [Test]
    public async Task A_job_type_whose_sandbox_is_required_is_not_claimed_on_a_machine_without_one()
    {
        using var deployment = new Deployment(new DeploymentOptions { Sandbox = "required", HasBubblewrap = false });
        await SubmitAsync(deployment);

        var end = await deployment.RunAsync("run", "--once");

        Assert.That(end.ExitCode, Is.EqualTo(78), end.ToString());
        Assert.That(end.ErrorText, Does.Contain("FULL_PIPELINE: A PID namespace is required and cannot be made: there is no program 'bwrap' on the PATH; install bubblewrap."));
        Assert.That((await deployment.ReadRowAsync("job"))["status"]?.Text, Is.EqualTo("PENDING"));
    }

    [Test]
    public async Task A_machine_without_a_sandbox_says_that_commands_are_less_confined()
    {
        using var deployment = new Deployment(new DeploymentOptions { HasBubblewrap = false });
        await SubmitAsync(deployment);

        var end = await deployment.RunAsync("run", "--once");

        Assert.That(end.ErrorText, Does.Contain("Commands of job type FULL_PIPELINE run less confined than they could be, no PID namespace"));
        Assert.That((await deployment.ReadRowAsync("job"))["attempts"]?.Text, Does.Contain("group empty after 2 sweeps"));
    }

    private static async Task SubmitAsync(Deployment deployment) =>
        await deployment.RunAsync("submit", "--from", deployment.Write("rows/job.json", NewJobs.Pending("job", "FULL_PIPELINE", "1", DateTimeOffset.UtcNow)));
}
