using System.Globalization;
using DelphiRunner.Plugins.Tests.Postgres;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>Hosts of different sizes on one queue, beside the database that holds the comments.</summary>
public sealed class SizedJobsTests
{
    private const string LargeJob = "job-large";
    private const string NormalJob = "job-normal";

    private PostgresServer _server = null!;

    [OneTimeSetUp]
    public async Task Start_server()
    {
        _server = await PostgresServer.StartAsync();
        await _server.AddCommentsAsync(11, 5001);
        await _server.AddCommentsAsync(22, 5000);
    }

    [OneTimeTearDown]
    public async Task Stop_server()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [TestCase("large", LargeJob, NormalJob, "normal")]
    [TestCase("small", NormalJob, LargeJob, "large")]
    public async Task A_host_runs_only_the_jobs_of_its_size(string size, string ran, string left, string otherSize)
    {
        using var deployment = await DeployAsync();

        await using var host = deployment.StartIn(Environment(size), deployment.Configuration, "run", "--once");
        var end = await host.WaitAsync();

        var rows = await deployment.ReadRowsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That(rows.Where(row => row["status"]?.Text == "COMPLETED").Select(row => row.Id), Is.EqualTo([ran]));
            Assert.That(rows.Where(row => row["status"]?.Text == "PENDING").Select(row => row.Id), Is.EqualTo([left]));
            Assert.That(end.Errors, Has.One.Contains($"Worker instance type '{size}' cannot process job '{left}' of size '{otherSize}'. Skipping for now."));
            Assert.That(end.Errors, Has.One.Contains($"initialized for instance type: {size}, which takes "));
            Assert.That(end.Output.Concat(end.Errors), Has.None.Contains(PostgresServer.Password));
        }
    }

    [Test]
    public async Task A_host_that_cannot_ask_the_database_says_so_once_and_takes_the_jobs_as_normal_ones()
    {
        using var deployment = await DeployAsync();
        var environment = Environment("small");
        environment["DATABASE_PASSWORD"] = "not the right one";

        await using var host = deployment.StartIn(environment, deployment.Configuration, "run", "--once");
        var end = await host.WaitAsync();

        var rows = await deployment.ReadRowsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That(rows.Select(row => row["status"]?.Text), Is.All.EqualTo("COMPLETED"));
            Assert.That(end.Errors, Has.One.Contains("could not tell the size of a job").And.One.Contains("password authentication failed for user"));
            Assert.That(end.Errors, Has.None.Contains("not the right one"));
        }
    }

    [Test]
    public async Task The_password_is_in_nothing_that_the_commands_show()
    {
        using var deployment = await DeployAsync();
        var shown = new List<string>();

        foreach (var command in new[] { "config show", "config show --output json", "plugins list --output json", $"plan {LargeJob} --output json" })
        {
            await using var program = deployment.StartIn(Environment("large"), deployment.Configuration, command.Split(' '));
            var end = await program.WaitAsync();
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            shown.AddRange(end.Output.Concat(end.Errors));
        }

        Assert.That(shown, Has.Some.Contains("INSTANCE_SIZE"));
        Assert.That(shown, Has.None.Contains(PostgresServer.Password));
    }

    private static async Task<Deployment> DeployAsync()
    {
        var deployment = new Deployment();
        var now = DateTimeOffset.UtcNow;
        // The job that does not suit a small host is the older one, so that it stands before the other.
        string[] files =
        [
            deployment.Write("large.json", NewJobs.Pending(LargeJob, "FULL_PIPELINE", "11", now.AddMinutes(-1))),
            deployment.Write("normal.json", NewJobs.Pending(NormalJob, "FULL_PIPELINE", "22", now)),
        ];
        var submit = await deployment.RunAsync(["submit", "--from", .. files]);
        Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
        return deployment;
    }

    private Dictionary<string, string> Environment(string size) => new()
    {
        ["INSTANCE_SIZE"] = size,
        ["DATABASE_HOST"] = "127.0.0.1",
        ["DATABASE_PORT"] = _server.Port.ToString(CultureInfo.InvariantCulture),
        ["DATABASE_NAME"] = PostgresServer.Database,
        ["DATABASE_USER"] = PostgresServer.User,
        ["DATABASE_PASSWORD"] = PostgresServer.Password,
    };
}
