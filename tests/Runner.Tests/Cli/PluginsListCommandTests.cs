namespace DelphiRunner.Runner.Tests.Cli;

public sealed class PluginsListCommandTests
{
    private RunnerProgram _program = null!;

    [SetUp]
    public void Create_program() => _program = new RunnerProgram();

    [TearDown]
    public void Remove_program() => _program.Dispose();

    [Test]
    public async Task A_plugins_folder_that_is_missing_or_empty_ends_with_78()
    {
        var missing = await _program.RunAsync("plugins", "list");
        Directory.CreateDirectory(Path.Combine(_program.Folder, "plugins"));
        var empty = await _program.RunAsync("plugins", "list");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(missing.ExitCode, Is.EqualTo(78));
            Assert.That(missing.Error, Does.Contain(Path.Combine(_program.Folder, "plugins")));
            Assert.That(empty.ExitCode, Is.EqualTo(78));
            Assert.That(empty.Error, Does.Contain(Path.Combine(_program.Folder, "plugins")));
        }
    }

    [Test]
    public async Task A_plugin_that_cannot_be_used_is_named_with_its_reason_and_ends_with_1()
    {
        Directory.CreateDirectory(Path.Combine(_program.Folder, "plugins", "Hollow"));

        var text = await _program.RunAsync("plugins", "list");
        var json = await _program.RunAsync("plugins", "list", "--output", "json");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(text.ExitCode, Is.EqualTo(1));
            Assert.That(text.Output, Does.Contain("Quarantined: Hollow: ").And.Contain("Hollow.dll"));
            Assert.That(json.ExitCode, Is.EqualTo(1));
            Assert.That(json.Json.GetProperty("quarantined")[0].GetProperty("name").GetString(), Is.EqualTo("Hollow"));
        }
    }

    [Test]
    public async Task The_shipped_plugins_are_listed_with_the_job_types_that_they_serve()
    {
        var run = await _program.RunAsync(
            "plugins", "list", "--output", "json", "--config", WithState(Configuration.RunnerYamlTests.RepositoryFile("runner.yaml")));

        var plugin = run.Json.GetProperty("plugins").EnumerateArray().Single(plugin => plugin.GetProperty("name").GetString() == "Delphi");
        var jobTypes = plugin.GetProperty("handlers").EnumerateArray()
            .SelectMany(handler => handler.GetProperty("job_types").EnumerateArray()).Select(jobType => jobType.GetString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.Error);
            Assert.That(jobTypes, Is.SupersetOf(["FULL_PIPELINE", "CREATE_NARRATIVE_BATCH", "AWAITING_NARRATIVE_BATCH"]));
        }
    }

    /// <summary>The shipped file, with its paths made absolute and its state kept out of the repository.</summary>
    private string WithState(string shipped) => _program.Write("shipped.yaml", File.ReadAllText(shipped)
        .Replace("folder: artifacts/plugins", $"folder: {Path.GetDirectoryName(shipped)}/artifacts/plugins", StringComparison.Ordinal));
}
