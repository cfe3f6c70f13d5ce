namespace DelphiRunner.Runner.Tests.Cli;

public sealed class CommandBorderTests
{
    private RunnerProgram _program = null!;

    [SetUp]
    public void Create_program() => _program = new RunnerProgram();

    [TearDown]
    public void Remove_program() => _program.Dispose();

    [TestCase("jbos list", "'jbos' is not known here. Did you mean 'jobs'? See 'delphi-runner --help'.")]
    [TestCase("jobs lst", "'lst' is not known here. Did you mean 'list'? See 'delphi-runner jobs --help'.")]
    [TestCase("submit --type A --priorty 5", "'--priorty' is not known here. Did you mean '--priority'? See 'delphi-runner submit --help'.")]
    [TestCase("jobs", "Required command was not provided. See 'delphi-runner jobs --help'.")]
    [TestCase("jobs show", "Required argument 'ID' missing")]
    [TestCase("jobs list --limit 0", "--limit is 0. It has to be from 1 to 1000.")]
    [TestCase("jobs list --limit many", "many")]
    [TestCase("jobs list --output xml", "'xml' not recognized. Must be one of: 'text' 'json' See")]
    public async Task A_wrong_command_line_ends_with_64_and_one_message(string arguments, string message)
    {
        var run = await _program.RunAsync(arguments.Split(' '));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(64));
            Assert.That(run.Error, Does.StartWith("delphi-runner: ").And.Contain(message));
            Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
            Assert.That(run.Output, Is.Empty);
        }
    }

    [Test]
    public async Task A_missing_configuration_ends_with_78_and_says_what_to_do()
    {
        File.Delete(_program.ConfigurationFile);

        var run = await _program.RunAsync("jobs", "list");

        Assert.That(run.ExitCode, Is.EqualTo(78));
        Assert.That(run.Error, Does.Contain(_program.ConfigurationFile).And.Contain("--config FILE").And.Contain("DELPHI_RUNNER_CONFIG"));
    }

    [Test]
    public async Task A_broken_configuration_ends_with_78_and_all_problems_with_their_places()
    {
        var file = _program.Write("broken.yaml", "store: { kind: sqlite, path: q }\nslotz: 4\nplugins: { folder: 5 }\n");

        var run = await _program.RunAsync([KeyValuePair.Create("LOG_LEVEL", "loud")], "--config", file, "jobs", "list", "--interval", "never");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(78));
            Assert.That(run.Error, Does.Contain("4 problems"));
            Assert.That(run.Error, Does.Contain($"{file}:2:1: slotz: There is no key 'slotz' here. Did you mean 'slots'?"));
            Assert.That(run.Error, Does.Contain($"{file}:3:20: plugins.folder: "));
            Assert.That(run.Error, Does.Contain("environment variable LOG_LEVEL: logging.level: "));
            Assert.That(run.Error, Does.Contain("option --interval: polling.interval: "));
        }
    }

    [Test]
    public async Task With_JSON_an_error_is_one_document_on_standard_output_beside_the_message()
    {
        _program.Write("runner.yaml", "store: { kind: sqlite, path: q }\nslotz: 4\nplugins: { folder: p }\n");

        var run = await _program.RunAsync("jobs", "list", "--output", "json");

        var error = run.Json.GetProperty("error");
        var problem = error.GetProperty("problems")[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(78));
            Assert.That(error.GetProperty("code").GetInt32(), Is.EqualTo(78));
            Assert.That(error.GetProperty("kind").GetString(), Is.EqualTo("configuration"));
            Assert.That(problem.GetProperty("source").GetString(), Is.EqualTo(_program.ConfigurationFile));
            Assert.That(problem.GetProperty("line").GetInt32(), Is.EqualTo(2));
            Assert.That(problem.GetProperty("column").GetInt32(), Is.EqualTo(1));
            Assert.That(problem.GetProperty("key").GetString(), Is.EqualTo("slotz"));
            Assert.That(run.Error, Does.Contain("slotz"));
        }
    }

    [Test]
    public async Task A_usage_error_is_JSON_too_when_JSON_was_asked_for()
    {
        var run = await _program.RunAsync("jobs", "lst", "--output", "json");

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Json.GetProperty("error").GetProperty("kind").GetString(), Is.EqualTo("usage"));
    }

    [Test]
    public async Task Help_lists_the_commands_and_ends_well()
    {
        var run = await _program.RunAsync("--help");

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Contain("submit").And.Contain("jobs").And.Contain("plugins").And.Contain("config").And.Contain("--output <FORMAT>"));
    }

    [Test]
    public async Task A_table_that_cannot_be_reached_ends_with_69_and_says_where_it_was_looked_for()
    {
        _program.Write("runner.yaml", "store: { kind: dynamodb, endpoint: \"http://127.0.0.1:1\", table: Jobs }\nplugins: { folder: p }\n");

        var check = await _program.RunAsync("config", "check");
        var list = await _program.RunAsync("jobs", "list");

        Assert.That((check.ExitCode, list.ExitCode), Is.EqualTo((0, 69)));
        Assert.That(list.Error, Does.Contain("Table 'Jobs' at http://127.0.0.1:1/ in us-east-1: It could not be reached").And.Contain("endpoint is right"));
    }

    [Test]
    public async Task An_endpoint_that_is_no_url_is_a_problem_of_the_configuration()
    {
        _program.Write("runner.yaml", "store: { kind: dynamodb, endpoint: \"localhost:8000\" }\nplugins: { folder: p }\n");

        var list = await _program.RunAsync("jobs", "list");

        Assert.That(list.ExitCode, Is.EqualTo(78));
        Assert.That(list.Error, Does.Contain("'localhost:8000' is no URL").And.Contain("http://localhost:8000"));
    }

    [Test]
    public async Task A_database_that_is_none_ends_with_69()
    {
        _program.Write("queue.db", new string('x', 5000));

        var run = await _program.RunAsync("jobs", "list");

        Assert.That(run.ExitCode, Is.EqualTo(69));
        Assert.That(run.Error, Does.Contain("queue.db"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(_program.Folder, "queue.db")), Is.EqualTo(new string('x', 5000)));
    }
}
