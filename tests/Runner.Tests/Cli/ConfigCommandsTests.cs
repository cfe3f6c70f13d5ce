namespace DelphiRunner.Runner.Tests.Cli;

public sealed class ConfigCommandsTests
{
    private RunnerProgram _program = null!;

    [SetUp]
    public void Create_program() => _program = new RunnerProgram();

    [TearDown]
    public void Remove_program() => _program.Dispose();

    [Test]
    public async Task Check_names_the_file_that_is_in_order_and_creates_nothing()
    {
        var run = await _program.RunAsync([KeyValuePair.Create("INSTANCE_SIZE", "xlarge")], "config", "check");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero);
            Assert.That(run.Output, Does.StartWith($"{_program.ConfigurationFile} is in order.").And.Contain("Note: instance.size is 'xlarge', which no rule knows"));
            Assert.That(Directory.GetFileSystemEntries(_program.Folder), Is.EqualTo([_program.ConfigurationFile]));
        }
    }

    [TestCase("config", "check")]
    [TestCase("run", "--once")]
    public async Task A_hash_for_a_program_that_is_not_there_is_a_problem_with_its_place(params string[] command)
    {
        var hash = new string('a', 64);
        _program.Write("runner.yaml", Configuration.ConfigurationFolder.Least + $"security: {{ program_hashes: {{ dotnet: {hash}, pyhton3: {hash}, tools/run: {hash} }} }}\n");

        var run = await _program.RunAsync(command);

        Assert.That(run.ExitCode, Is.EqualTo(78), run.Error);
        Assert.That(run.Error, Does.Contain("2 problems").And.Contain("runner.yaml:3:").And.Contain("security.program_hashes.pyhton3: There is no program 'pyhton3' on the PATH"));
        Assert.That(run.Error, Does.Contain($"There is no program '{Path.Combine(_program.Folder, "tools", "run")}', so"));
    }

    [Test]
    public async Task Show_tells_each_value_and_where_it_comes_from()
    {
        var run = await _program.RunAsync(
            [KeyValuePair.Create("DELPHI_MAX_WORKERS", "7"), KeyValuePair.Create("INSTANCE_SIZE", "large")], "config", "show", "--interval", "0.25");

        var lines = run.Output.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero);
            Assert.That(lines, Does.Contain($"store.kind sqlite {_program.ConfigurationFile}:1:16"));
            Assert.That(lines, Does.Contain("slots 7 environment variable DELPHI_MAX_WORKERS"));
            Assert.That(lines, Does.Contain("instance.size large environment variable INSTANCE_SIZE"));
            Assert.That(lines, Does.Contain("instance.rule strict default"));
            Assert.That(lines, Does.Contain("polling.interval 250ms option --interval"));
            Assert.That(lines, Does.Contain("claims.length 2m default"));
        }
    }

    [Test]
    public async Task Show_gives_JSON_that_is_a_configuration_again()
    {
        _program.Write("runner.yaml", Configuration.ConfigurationFolder.Least + "job_types: { A: { slots: 2, time_limit: 90m } }\nserve: [A]\n");

        var first = await _program.RunAsync("config", "show", "--output", "json");
        // JSON is YAML; only the keys that have no value are none in runner.yaml.
        var again = _program.Write("again.yaml", string.Join('\n', first.Output.Split('\n').Where(line => !line.Contains(": null", StringComparison.Ordinal))));
        var second = await _program.RunAsync("config", "show", "--output", "json", "--config", again);

        Assert.That(second.Error, Is.Empty);
        Assert.That(second.Output, Is.EqualTo(first.Output));
    }
}
