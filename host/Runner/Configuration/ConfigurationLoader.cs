using DelphiRunner.Runner.Configuration.Overrides;
using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Configuration;

/// <summary>What a configuration is made from, besides the defaults. Later ones win: file, environment, command line.</summary>
internal sealed record ConfigurationSources
{
    /// <summary>The file that the command line names, or null.</summary>
    public string? File { get; init; }

    public required string CurrentFolder { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public CommandLineOverrides CommandLine { get; init; } = new();
}

/// <summary>Loads the configuration, or says all that is wrong with it.</summary>
internal static class ConfigurationLoader
{
    public const string FileVariable = "DELPHI_RUNNER_CONFIG";
    public const string FileName = "runner.yaml";

    /// <exception cref="ConfigurationException">There is no file, or something is wrong in one of the sources.</exception>
    public static RunnerConfiguration Load(ConfigurationSources sources)
    {
        var findings = new ConfigurationFindings();
        var file = FindFile(sources);
        if (new YamlFile(file, findings).Read() is not { } root)
        {
            findings.ThrowIfAny();
            throw new InvalidOperationException($"Reading '{file}' gave neither a map nor a problem.");
        }

        var configuration = new RunnerYaml(file, findings).Read(root);
        configuration = new EnvironmentOverrides(sources.Environment, findings).Apply(configuration);
        configuration = sources.CommandLine.Apply(configuration, findings);
        CrossChecks.Report(configuration, findings);
        findings.ThrowIfAny();
        return configuration with { Notices = findings.Notices, Places = findings.Places };
    }

    private static string FindFile(ConfigurationSources sources)
    {
        var fromEnvironment = sources.Environment.GetValueOrDefault(FileVariable)?.Trim();
        var (named, by) = sources.File is not null ? (sources.File, "option --config")
            : fromEnvironment is { Length: > 0 } ? (fromEnvironment, $"environment variable {FileVariable}")
            : (FileName, "");
        if (string.IsNullOrWhiteSpace(named))
            throw new ConfigurationException(new ConfigurationPlace(by), "", "The name of the configuration file is empty. Name a file.");

        var file = Path.GetFullPath(named, sources.CurrentFolder);
        if (File.Exists(file))
            return file;
        throw by.Length > 0
            ? new ConfigurationException(new ConfigurationPlace(by), "", $"There is no file '{file}'. Correct the name, or create the file.")
            : new ConfigurationException(
                new ConfigurationPlace(file), "",
                $"There is no configuration file here. Go to the folder of your '{FileName}', or name the file with --config FILE or in {FileVariable}.");
    }
}
