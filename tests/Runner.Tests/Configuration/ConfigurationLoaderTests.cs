using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Tests.Configuration;

public sealed class ConfigurationLoaderTests
{
    private ConfigurationFolder _folder = null!;

    [SetUp]
    public void Create_folder() => _folder = new ConfigurationFolder();

    [TearDown]
    public void Remove_folder() => _folder.Dispose();

    [Test]
    public void The_file_is_looked_for_in_the_current_folder()
    {
        Assert.That(Load(null, null).File, Is.EqualTo(_folder.File));
    }

    [Test]
    public void A_file_in_the_environment_comes_before_the_current_folder()
    {
        var other = Copy("other.yaml");

        Assert.That(Load(null, other).File, Is.EqualTo(other));
    }

    [Test]
    public void A_file_on_the_command_line_comes_before_the_environment()
    {
        var third = Copy("third.yaml");

        Assert.That(Load("third.yaml", Copy("other.yaml")).File, Is.EqualTo(third));
    }

    [Test]
    public void A_blank_name_in_the_environment_counts_as_not_set()
    {
        Assert.That(Load(null, "  ").File, Is.EqualTo(_folder.File));
    }

    [Test]
    public void A_missing_file_says_where_it_was_looked_for_and_what_to_do()
    {
        File.Delete(_folder.File);

        var wrong = Assert.Throws<ConfigurationException>(() => Load(null, null));

        Assert.That(wrong.Message, Does.StartWith($"{_folder.File}: There is no configuration file here.").And.Contain("--config FILE").And.Contain("DELPHI_RUNNER_CONFIG"));
    }

    [Test]
    public void A_named_file_that_is_missing_says_who_named_it()
    {
        var byOption = Assert.Throws<ConfigurationException>(() => Load("absent.yaml", null));
        var byVariable = Assert.Throws<ConfigurationException>(() => Load(null, "absent.yaml"));

        Assert.That(byOption.Message, Does.StartWith($"option --config: There is no file '{Path.Combine(_folder.Folder, "absent.yaml")}'"));
        Assert.That(byVariable.Message, Does.StartWith("environment variable DELPHI_RUNNER_CONFIG: There is no file"));
    }

    [Test]
    public void Relative_paths_are_relative_to_the_file_and_not_to_the_current_folder()
    {
        var configuration = ConfigurationLoader.Load(new ConfigurationSources
        {
            File = _folder.File,
            CurrentFolder = Path.GetTempPath(),
            Environment = new Dictionary<string, string>(),
        });

        Assert.That(configuration.Store.Path, Is.EqualTo(Path.Combine(_folder.Folder, "queue.db")));
    }

    private string Copy(string name)
    {
        var copy = Path.Combine(_folder.Folder, name);
        File.Copy(_folder.File, copy);
        return copy;
    }

    private RunnerConfiguration Load(string? file, string? environmentFile) =>
        ConfigurationLoader.Load(new ConfigurationSources
        {
            File = file,
            CurrentFolder = _folder.Folder,
            Environment = environmentFile is null
                ? new Dictionary<string, string>()
                : new Dictionary<string, string> { [ConfigurationLoader.FileVariable] = environmentFile },
        });
}
