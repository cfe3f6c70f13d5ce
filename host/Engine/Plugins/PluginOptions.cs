namespace DelphiRunner.Engine.Plugins;

/// <summary>What a host does when a plugin cannot be used.</summary>
internal enum PluginErrorMode
{
    /// <summary>It names the plugin with its reason and runs the others.</summary>
    Quarantine,

    /// <summary>It does not start.</summary>
    Stop,
}

/// <summary>The section <c>plugins</c>.</summary>
internal sealed record PluginOptions
{
    /// <summary>The absolute path of the folder that holds one folder for each plugin. Required.</summary>
    public required string Folder { get; init; }

    /// <summary>Default: <see cref="PluginErrorMode.Quarantine"/>.</summary>
    public PluginErrorMode OnError { get; init; }

    /// <summary>Each plugin's settings as the text of a JSON object, by the plugin's name. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The plugin that serves a job type, where two declare it or a general handler should. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Routes { get; init; } = new Dictionary<string, string>();
}
