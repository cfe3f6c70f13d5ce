using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores;

namespace DelphiRunner.Runner.Configuration;

/// <summary>All that <c>runner.yaml</c>, the environment and the command line say, checked, with absolute paths.</summary>
internal sealed record RunnerConfiguration
{
    /// <summary>The absolute path of the configuration file.</summary>
    public required string File { get; init; }

    /// <summary>The folder of <see cref="File"/>, which relative paths are relative to.</summary>
    public string Folder => Path.GetDirectoryName(File)!; // A file's path always has a folder.

    public required StoreOptions Store { get; init; }

    /// <summary>The absolute path of the folder for work folders, spools and plugin generations. Default: <c>state</c> beside the file.</summary>
    public required string State { get; init; }

    /// <summary>Where plugins are copied to before they are loaded.</summary>
    public string PluginGenerations => Path.Combine(State, "plugins");

    public PollingOptions Polling { get; init; } = new();

    public ClaimOptions Claims { get; init; } = new();

    public ServingOptions Serving { get; init; } = new();

    public InstanceOptions Instance { get; init; } = new();

    /// <summary>The options of single job types, by job type. Default: none.</summary>
    public IReadOnlyDictionary<string, JobTypeOptions> JobTypes { get; init; } = new Dictionary<string, JobTypeOptions>();

    public ExecutionOptions Execution { get; init; } = new();

    public RetentionOptions Retention { get; init; } = new();

    public SecurityOptions Security { get; init; } = new();

    public required PluginOptions Plugins { get; init; }

    public LoggingOptions Logging { get; init; } = new();

    /// <summary>Things that an operator should know at start, but that prevent nothing.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Where each value that is not a default was written, by the path of its key.</summary>
    public IReadOnlyDictionary<string, ConfigurationPlace> Places { get; init; } = new Dictionary<string, ConfigurationPlace>();
}
