namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>The rows on SQLite, stored by <c>submit</c>.</summary>
[TestFixture]
internal sealed class SqliteDelphiJobTests : DelphiJobContract
{
    protected override async Task<Deployment> DeployAsync(string row)
    {
        var deployment = new Deployment();
        var submit = await deployment.RunAsync("submit", "--from", Expectations.FileOf(row), deployment.Write("behind.json", HealthyJob()));
        Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
        return deployment;
    }
}
