using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Plugins;

/// <summary>A handler of a loaded plugin, with what its declarations and the configuration say of it.</summary>
internal sealed record JobHandler
{
    public required IJobHandler Instance { get; init; }

    /// <summary>The handler type's full name.</summary>
    public required string Name { get; init; }

    /// <summary>The plugin's name: that of its folder.</summary>
    public required string Plugin { get; init; }

    /// <summary>The plugin's informational version.</summary>
    public required string PluginVersion { get; init; }

    /// <summary>The first 12 hexadecimal digits of the SHA-256 over the plugin's files.</summary>
    public required string PluginHash { get; init; }

    public required HandlerSettings Settings { get; init; }

    /// <summary>Whether a command that a stop of the host ended must not be started again.</summary>
    public required bool RunsAtMostOnce { get; init; }

    /// <summary>The programs that the plugin's settings (any text in them) and the handler's declarations name.</summary>
    public required IReadOnlySet<string> NamedPrograms { get; init; }

    /// <summary>The folders that the plugin's settings (any text in them) and the handler's declarations could mean, as absolute paths.</summary>
    public required IReadOnlySet<string> NamedFolders { get; init; }

    /// <summary>The text of the row's <c>handled_by</c>.</summary>
    public string HandledBy => $"{Plugin} {PluginVersion} {PluginHash}";
}
