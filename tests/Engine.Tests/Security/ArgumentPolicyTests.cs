using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Tests.Execution;

namespace DelphiRunner.Engine.Tests.Security;

[TestFixture]
[Platform(Exclude = "Win")]
public sealed class ArgumentPolicyTests
{
    private static readonly JobCommand True = new() { Program = "/bin/true" };

    [Test]
    public void A_NUL_character_is_denied_wherever_it_is()
    {
        Assert.That(Denial(True with { Program = "/bin/true\0x" }), Does.StartWith("Program '/bin/true\\0x' has a NUL character"));
        Assert.That(Denial(True with { Arguments = ["a", "b\0c"] }), Does.StartWith("Argument 2 of '/bin/true' holds a NUL character"));
        Assert.That(Denial(True with { WorkingDirectory = "/tmp\0" }), Does.StartWith("Working directory '/tmp\\0' has a NUL character"));
        Assert.That(Denial(True with { StandardInput = "a\0" }), Does.StartWith("The standard input for '/bin/true' holds a NUL character"));
        Assert.That(Denial(True with { Environment = new Dictionary<string, string> { ["A"] = "\0" } }), Does.StartWith("Environment variable 'A' for '/bin/true' cannot be set"));
    }

    [TestCase("--key=sk-ant-12345/x")]
    [TestCase("sk-ant-12345%2Fx")]
    [TestCase("c2stYW50LTEyMzQ1L3g=")]
    public void A_granted_secret_in_an_argument_is_denied_in_every_form_and_not_shown(string argument)
    {
        var denial = DenialWithSecret(True with { Arguments = ["a", argument] });

        Assert.That(denial?.Kind, Is.EqualTo(RefusalKind.Arguments));
        Assert.That(denial?.Message, Does.StartWith("Argument 2 of '/bin/true' holds a secret that is granted to this job type").And.Not.Contain("12345"));
    }

    [Test]
    public void A_granted_secret_in_the_program_or_the_folder_is_denied_and_not_shown()
    {
        var program = DenialWithSecret(new JobCommand { Program = "/bin/sk-ant-12345/x" });
        var folder = DenialWithSecret(True with { WorkingDirectory = "/tmp/sk-ant-12345/x" });

        Assert.That(program?.Message, Does.StartWith("The name of program '/bin/***' holds a secret"));
        Assert.That(program?.Subject, Is.EqualTo("/bin/***"));
        Assert.That(folder?.Message, Does.StartWith("Working directory '/tmp/***' holds a secret"));
        Assert.That(folder?.Kind, Is.EqualTo(RefusalKind.WorkingFolder));
    }

    [Test]
    public void A_secret_may_come_by_standard_input_and_a_text_without_one_is_no_concern()
    {
        Assert.That(DenialWithSecret(True with { Arguments = ["sk-ant", "***", "\ud800"], StandardInput = "sk-ant-12345/x" }), Is.Null);
        Assert.That(Denial(True with { Arguments = ["sk-ant-12345/x"] }), Is.Null, "it is not granted");
    }

    [Test]
    public async Task The_longest_argument_is_approved_and_runs()
    {
        using var attempt = new Attempt();

        var run = await attempt.RunAsync(attempt.Approve("/bin/sh", "-c", "echo ${#1}", "sh", new string('x', ArgumentPolicy.MaxArgumentBytes)));

        Assert.That(run.Result.LastLines, Is.EqualTo(new[] { "131071" }));
    }

    [Test]
    public async Task As_many_arguments_as_allowed_run()
    {
        using var attempt = new Attempt();

        var run = await attempt.RunAsync(attempt.Approve("/bin/sh", ["-c", "echo $#", "sh", .. Enumerable.Repeat(new string('x', 130_000), 15)]));

        Assert.That(run.Result.LastLines, Is.EqualTo(new[] { "15" }));
    }

    [Test]
    public void A_longer_argument_is_denied_by_its_bytes() =>
        Assert.That(Denial(True with { Arguments = [new string('ü', 65_536)] }), Is.EqualTo(
            "Argument 1 of '/bin/true' has 131,072 bytes; one may have at most 131,071. Hand large texts over by standard input or a file."));

    [Test]
    public void More_than_2_MiB_together_are_denied() =>
        Assert.That(Denial(True with { Arguments = [.. Enumerable.Repeat(new string('x', 131_000), 16)] }), Does.Match(
            "^Arguments and environment of '/.*/true' have 2,096,[0-9]{3} bytes together; the limit is 2,093,056\\."));

    [Test]
    public void A_variable_that_is_too_long_is_denied() =>
        Assert.That(Denial(True with { Environment = new Dictionary<string, string> { ["BIG"] = new('x', 131_068) } }), Does.Contain("Environment variable 'BIG'"));

    [Test]
    public void A_working_directory_has_to_be_there()
    {
        Assert.That(Denial(True with { WorkingDirectory = "/no/such/folder" }), Is.EqualTo(
            "Working directory '/no/such/folder' does not exist. Correct the path in the plugin's settings, or create the folder."));
        Assert.That(Denial(True with { WorkingDirectory = "folder" }), Does.Contain("is a relative path"));
        Assert.That(Denial(True with { WorkingDirectory = "/bin/true" }), Does.Contain("does not exist"));
    }

    [TestCase("/bin/sh", "/no/such/script")]
    [TestCase("/bin/sh", "-eu", "/no/such/script", "argument")]
    [TestCase("/bin/true", "/no/such/script.py")]
    [TestCase("/bin/true", "/no/such/program.dll", "argument")]
    public void A_script_that_does_not_exist_is_named(string program, params string[] arguments) =>
        Assert.That(Denial(new JobCommand { Program = program, Arguments = arguments }), Does.Match(
            "^Script '/no/such/[a-z.]+' does not exist, so '/.*bin/[a-z]+' was not started\\. Correct the path in the plugin's settings, or install the script\\.$"));

    [Test]
    public void A_link_that_leads_nowhere_is_no_script()
    {
        using var attempt = new Attempt();
        var link = Path.Combine(attempt.Folder, "run.py");
        File.CreateSymbolicLink(link, "nowhere.py");

        Assert.That(Denial(new JobCommand { Program = "/bin/sh", Arguments = [link] }), Does.StartWith($"Script '{link}' does not exist"));
    }

    [TestCase("/bin/sh", "-c", "/no/such/script")]
    [TestCase("/bin/sh", "/dev/null")]
    [TestCase("/bin/sh")]
    [TestCase("/usr/bin/touch", "/no/such/file")]
    [TestCase("/bin/true", "first", "/no/such/script.py")]
    public void What_is_no_missing_script_is_approved(string program, params string[] arguments) =>
        Assert.That(Denial(new JobCommand { Program = program, Arguments = arguments }), Is.Null);

    [Test]
    public void The_shorter_time_limit_counts()
    {
        Assert.That(Limit(null), Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(Limit(TimeSpan.FromHours(1)), Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(Limit(TimeSpan.FromSeconds(5)), Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(Denial(True with { TimeLimit = TimeSpan.Zero }), Is.EqualTo("The time limit of '/bin/true' is 0 seconds; it has to be above zero."));

        static TimeSpan Limit(TimeSpan? asked) => Requests.Approve(Requests.For(True with { TimeLimit = asked })).Command.TimeLimit;
    }

    private static CommandDeniedException? DenialWithSecret(JobCommand command) =>
        Requests.Denial(Requests.For(command) with { Secrets = [new("KEY")] }, host: new() { ["PATH"] = "/usr/bin:/bin", ["KEY"] = "sk-ant-12345/x" });

    private static string? Denial(JobCommand command) => Requests.Denial(Requests.For(command))?.Message;
}
