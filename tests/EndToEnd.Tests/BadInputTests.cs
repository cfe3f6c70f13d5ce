using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>What is wrong around the program is said clearly, with an exit code of its own kind, and costs nothing that was there.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BadInputTests
{
    private const int Usage = 64;
    private const int BadData = 65;
    private const int NotFound = 66;
    private const int StoreUnavailable = 69;
    private const int WrongConfiguration = 78;

    private static readonly Dictionary<string, string> NoVariables = [];

    [Test]
    public async Task Without_a_configuration_file_it_is_said_how_to_name_one()
    {
        using var folder = new TemporaryFolder();

        var end = await RunnerProgram.RunAsync(folder.FullPath, NoVariables, "run", "--once");

        Expect(end, WrongConfiguration, "runner.yaml", folder.FullPath, "--config");
    }

    [Test]
    public async Task A_named_configuration_file_that_is_not_there_is_named_in_the_message()
    {
        using var folder = new TemporaryFolder();

        var end = await RunnerProgram.RunAsync(folder.FullPath, NoVariables, "config", "check", "--config", "mistyped.yaml");

        Expect(end, WrongConfiguration, "mistyped.yaml");
    }

    [Test]
    public async Task A_broken_configuration_file_is_reported_with_line_and_column()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("runner.yaml", "store: { kind: sqlite, path: queue.db\nplugins: [\n");

        var end = await RunnerProgram.RunAsync(folder.FullPath, NoVariables, "run", "--once");

        Expect(end, WrongConfiguration);
        Assert.That(end.ErrorText, Does.Match($"{System.Text.RegularExpressions.Regex.Escape(file)}:[23]:\\d+"));
    }

    [Test]
    public async Task Every_problem_of_a_configuration_is_reported_at_once_with_the_nearest_known_key()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("runner.yaml", """
            store: { kind: sqlite, path: queue.db }
            pollling: { interval: 1s }
            slots: many
            plugins: { folder: plugins }
            """);

        var end = await RunnerProgram.RunAsync(folder.FullPath, NoVariables, "config", "check");

        Expect(end, WrongConfiguration, $"{file}:2:1", "'polling'", $"{file}:3:8", "'many'");
    }

    [Test]
    public async Task A_plugins_folder_that_is_missing_keeps_the_host_from_starting()
    {
        using var folder = new TemporaryFolder();
        var plugins = Path.Combine(folder.FullPath, "not-there");
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions { Plugins = plugins });

        var end = await deployment.RunAsync("run", "--once");

        Expect(end, WrongConfiguration, plugins, "plugins.folder");
        await ExpectUntouchedAsync(deployment);
    }

    [Test]
    public async Task A_plugins_folder_that_is_empty_keeps_the_host_from_starting()
    {
        using var plugins = new TemporaryFolder();
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions { Plugins = plugins.FullPath });

        var end = await deployment.RunAsync("run", "--once");

        Expect(end, WrongConfiguration, plugins.FullPath, "plugins.folder");
        await ExpectUntouchedAsync(deployment);
    }

    [Test]
    public async Task A_plugin_without_a_handler_is_named_while_the_others_run()
    {
        using var plugins = new TemporaryFolder();
        Copy(Path.Combine(BuiltFiles.Plugins, "Delphi"), Path.Combine(plugins.FullPath, "Delphi"));
        // An assembly like any other, which declares no handler.
        Copy(Path.GetDirectoryName(BuiltFiles.Child)!, Path.Combine(plugins.FullPath, "delphi-child"));
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions { Plugins = plugins.FullPath });

        var run = await deployment.RunAsync("run", "--once");
        var list = await deployment.RunAsync("plugins", "list");

        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        Assert.That(run.ErrorText, Does.Contain("delphi-child").And.Contain("handler"));
        Assert.That(list.ExitCode, Is.EqualTo(1), list.ToString());
        Assert.That(list.OutputText + list.ErrorText, Does.Contain("delphi-child").And.Contain("FULL_PIPELINE"));
        Assert.That((await deployment.ReadRowAsync(Job))["status"]?.Text, Is.EqualTo("COMPLETED"));
    }

    [TestCase("run", "--once")]
    [TestCase("jobs", "list")]
    [TestCase("submit", "--type", "FULL_PIPELINE", "--conversation-id", "1")]
    public async Task A_database_file_that_is_none_is_left_as_it_is(params string[] arguments)
    {
        const string text = "These are my notes, kept in a file that was named by mistake.\n";
        using var deployment = new Deployment();
        deployment.Write("queue.db", text);

        var end = await deployment.RunAsync(arguments);

        Expect(end, StoreUnavailable, "queue.db");
        Assert.That(await File.ReadAllTextAsync(deployment.Database), Is.EqualTo(text));
    }

    [TestCase("run", "--once")]
    [TestCase("submit", "--type", "FULL_PIPELINE", "--conversation-id", "1")]
    [Platform("Linux", Reason = "The kernel's own file system is the one place where nobody may create a file, not even root.")]
    public async Task A_database_file_that_cannot_be_written_is_named(params string[] arguments)
    {
        using var deployment = new Deployment();
        var configuration = deployment.Write(
            "read-only.yaml", (await File.ReadAllTextAsync(deployment.Configuration)).Replace("path: queue.db", "path: /proc/queue.db", StringComparison.Ordinal));

        await using var program = deployment.StartWith(configuration, arguments);
        var end = await program.WaitAsync();

        Expect(end, StoreUnavailable, "/proc/queue.db");
    }

    [TestCase("show")]
    [TestCase("logs")]
    public async Task An_unknown_job_id_is_named_with_where_to_look(string command)
    {
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions());

        var end = await deployment.RunAsync("jobs", command, "no-such-job");

        Expect(end, NotFound, "'no-such-job'", "jobs list");
    }

    [Test]
    public async Task Nothing_is_submitted_when_one_of_the_files_is_no_row()
    {
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions());
        var row = deployment.Write("another.json", NewJobs.Pending("another", "FULL_PIPELINE", "2", DateTimeOffset.UtcNow));
        var list = deployment.Write("list.json", "[1, 2]");
        var plain = deployment.Write("plain.json", """{ "job_id": "plain", "status": "PENDING" }""");

        var end = await deployment.RunAsync("submit", "--from", row, list, plain);

        Expect(end, BadData, list, plain);
        Assert.That((await deployment.ReadRowsAsync()).Select(stored => stored.Id), Is.EqualTo([Job]));
    }

    [Test]
    public async Task A_file_to_submit_that_is_not_there_is_named()
    {
        using var deployment = new Deployment();

        var end = await deployment.RunAsync("submit", "--from", "not-there.json");

        Expect(end, NotFound, "not-there.json");
    }

    [Test]
    public async Task An_id_that_is_taken_keeps_the_row_that_has_it()
    {
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions());

        var end = await deployment.RunAsync("submit", "--type", "CREATE_NARRATIVE_BATCH", "--conversation-id", "2", "--id", Job);

        Expect(end, BadData, $"'{Job}'");
        Assert.That((await deployment.ReadRowAsync(Job))["job_type"]?.Text, Is.EqualTo("FULL_PIPELINE"));
    }

    [TestCase("[no-such-interpreter, run_delphi.py]", "no-such-interpreter")]
    [TestCase("[/no/such/run_delphi.sh]", "/no/such/run_delphi.sh")]
    public async Task A_program_that_does_not_exist_fails_its_job_with_its_name(string command, string named)
    {
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions { FullPipeline = command });

        var end = await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync(Job);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That(row["status"]?.Text, Is.EqualTo("FAILED"));
            Assert.That(row["error_message"]?.Text, Does.Contain(named));
            Assert.That(row["process_exit_confirmed"], Is.EqualTo(new StoredValue("BOOL", "true")));
        }
    }

    [Test]
    public async Task A_script_that_does_not_exist_fails_its_job_with_what_its_interpreter_says()
    {
        using var deployment = await DeploymentWithJobAsync(new DeploymentOptions { FullPipeline = "[sh, no-such-script.sh]" });

        await deployment.RunAsync("run", "--once");

        var row = await deployment.ReadRowAsync(Job);
        Assert.That(row["status"]?.Text, Is.EqualTo("FAILED"));
        Assert.That(row["error_message"]?.Text, Does.Contain("no-such-script.sh"));
        Assert.That(row.Json("job_results")!["return_code"]!.GetValue<int>(), Is.Not.Zero);
    }

    [Test]
    public async Task A_mistyped_command_is_answered_with_the_nearest_one()
    {
        using var deployment = new Deployment();

        var end = await deployment.RunAsync("jbos", "list");

        Expect(end, Usage, "jobs");
    }

    [Test]
    public async Task With_json_output_the_error_is_json_too()
    {
        using var deployment = new Deployment();

        var end = await deployment.RunAsync("jobs", "show", "no-such-job", "--output", "json");

        Assert.That(end.ExitCode, Is.EqualTo(NotFound), end.ToString());
        Assert.That(JsonNode.Parse(end.OutputText)!["error"]!["message"]!.GetValue<string>(), Does.Contain("no-such-job"));
    }

    private const string Job = "job-at-hand";

    private static async Task<Deployment> DeploymentWithJobAsync(DeploymentOptions options)
    {
        var deployment = new Deployment(options);
        var row = deployment.Write("row.json", NewJobs.Pending(Job, "FULL_PIPELINE", "39321", DateTimeOffset.UtcNow));
        var submit = await deployment.RunAsync("submit", "--from", row);
        Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
        return deployment;
    }

    private static async Task ExpectUntouchedAsync(Deployment deployment) =>
        Assert.That((await deployment.ReadRowAsync(Job)).Attributes, Is.EqualTo(StoredRow.Read(Path.Combine(deployment.Folder, "row.json")).Attributes));

    private static void Expect(ProgramEnd end, int exitCode, params string[] texts)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end.ExitCode, Is.EqualTo(exitCode), end.ToString());
            Assert.That(texts.Where(text => !end.ErrorText.Contains(text, StringComparison.Ordinal)), Is.Empty, $"not said in:\n{end.ErrorText}");
            Assert.That(end.ErrorText, Does.Not.Contain("   at "), "a stack trace is nothing for an operator");
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
