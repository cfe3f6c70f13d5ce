using DelphiRunner.Runner.Configuration;
using DelphiRunner.Runner.Configuration.Overrides;

namespace DelphiRunner.Runner.Tests.Configuration;

/// <summary>A temporary folder with a configuration file in it.</summary>
internal sealed class ConfigurationFolder : IDisposable
{
    /// <summary>The shortest file that is right, in two lines.</summary>
    public const string Least = "store: { kind: sqlite, path: queue.db }\nplugins: { folder: plugins }\n";

    public ConfigurationFolder(string yaml = Least)
    {
        File = Path.Combine(Folder, "runner.yaml");
        System.IO.File.WriteAllText(File, yaml);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("delphi-runner-").FullName;

    public string File { get; }

    public static RunnerConfiguration LoadText(string yaml)
    {
        using var folder = new ConfigurationFolder(yaml);
        return folder.Load();
    }

    /// <summary>Loads the file with no environment but the given variables, each written <c>NAME=value</c>.</summary>
    public RunnerConfiguration Load(string[]? environment = null, CommandLineOverrides? commandLine = null) =>
        ConfigurationLoader.Load(new ConfigurationSources
        {
            CurrentFolder = Folder,
            Environment = (environment ?? []).Select(variable => variable.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]),
            CommandLine = commandLine ?? new CommandLineOverrides(),
        });

    public IReadOnlyList<ConfigurationProblem> Problems(string[]? environment = null, CommandLineOverrides? commandLine = null)
    {
        try
        {
            Load(environment, commandLine);
            return [];
        }
        catch (ConfigurationException wrong)
        {
            return wrong.Problems;
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
