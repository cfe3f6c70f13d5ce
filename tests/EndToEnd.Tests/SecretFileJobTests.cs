namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A secret that commands get as a file, as an operator configures and sees it.</summary>
[Platform("Linux", Reason = "Elsewhere there is no memory that looks like a folder.")]
public sealed class SecretFileJobTests
{
    // Of the deployment's host.
    private const string Secret = "sk-of-the-host";
    private const string InFile = "ANTHROPIC_API_KEY_FILE";

    private static readonly DeploymentOptions AsFile = new() { Secrets = "[{ name: ANTHROPIC_API_KEY, as: file }]" };

    [Test]
    public async Task A_command_reads_it_and_nothing_of_it_is_left()
    {
        using var deployment = new Deployment(AsFile);
        deployment.LetDo(DelphiCommand.FullPipeline, $"echo \"path ${InFile}\"; echo \"is $(cat ${InFile})\"; [ \"$(cat ${InFile})\" = {Secret[..3]}'{Secret[3..]}' ] && echo right");
        await SubmitAsync(deployment);

        var end = await deployment.RunAsync("run", "--once");

        var start = deployment.StartsFor("job").Single();
        Assert.That((await deployment.ReadRowAsync("job"))["status"]?.Text, Is.EqualTo("COMPLETED"), end.ToString());
        Assert.That(end.Output, Has.Some.Contains("[stdout] is ***").And.Some.Contains("[stdout] right"));
        Assert.That(start.Environment.Keys, Has.No.Member("ANTHROPIC_API_KEY"));
        Assert.That(start.Environment[InFile], Does.StartWith("/dev/shm/delphi-runner-"));
        Assert.That(Directory.Exists(Path.GetDirectoryName(Path.GetDirectoryName(start.Environment[InFile]))), Is.False);
        Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(deployment.Folder, "state")).Select(Path.GetFileName), Has.No.Member("secrets"));
        Assert.That(end.OutputText + end.ErrorText, Does.Not.Contain(Secret));
    }

    [Test]
    public async Task A_plan_names_it_and_does_not_show_it()
    {
        using var deployment = new Deployment(AsFile);
        await SubmitAsync(deployment);

        var end = await deployment.RunAsync("plan", "job");

        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        Assert.That(end.OutputText, Does.Contain(InFile).And.Not.Contain(Secret).And.Not.Contain("ANTHROPIC_API_KEY,"));
        Assert.That(Directory.Exists(Path.Combine(deployment.Folder, "state", "secrets")), Is.False);
    }

    [Test]
    public async Task What_a_killed_host_left_of_it_is_gone_at_its_next_start()
    {
        using var deployment = new Deployment(AsFile);
        deployment.LetDo(DelphiCommand.FullPipeline, $"echo \"at ${InFile}\"; exec sleep 600");
        await SubmitAsync(deployment);
        await using var host = deployment.Start("run");
        await host.WaitForOutputAsync("[stdout] at ");
        var file = deployment.StartsFor("job").Single().Environment[InFile];

        host.Kill();
        await host.WaitAsync();
        var wasLeft = File.Exists(file);
        await using var next = deployment.Start("run");
        await next.WaitForErrorAsync("with 1 slot(s)");

        Assert.That(wasLeft, Is.True, "a killed host removes nothing");
        Assert.That(Directory.Exists(Path.GetDirectoryName(Path.GetDirectoryName(file))), Is.False);

        // It leaves nothing in memory either.
        await next.SignalAsync("TERM");
        Assert.That((await next.WaitAsync()).ExitCode, Is.Zero);
        Assert.That(Directory.Exists(Path.Combine(deployment.Folder, "state", "secrets")), Is.False);
    }

    private static async Task SubmitAsync(Deployment deployment) =>
        await deployment.RunAsync("submit", "--from", deployment.Write("rows/job.json", NewJobs.Pending("job", "FULL_PIPELINE", "1", DateTimeOffset.UtcNow)));
}
