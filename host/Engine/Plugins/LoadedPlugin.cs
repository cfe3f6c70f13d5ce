namespace DelphiRunner.Engine.Plugins;

/// <summary>A plugin that runs in this host.</summary>
internal sealed record LoadedPlugin
{
    /// <summary>The name of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>The informational version of its assembly, without build metadata.</summary>
    public required string Version { get; init; }

    /// <summary>The first 12 hexadecimal digits of the SHA-256 over its files.</summary>
    public required string Hash { get; init; }

    /// <summary>The immutable folder that it was loaded from.</summary>
    public required string Folder { get; init; }

    /// <summary>Its handlers, in the order of their declaration; at least one.</summary>
    public required IReadOnlyList<LoadedHandler> Handlers { get; init; }
}

/// <summary>A handler of a loaded plugin.</summary>
internal sealed record LoadedHandler
{
    /// <summary>The handler type's full name.</summary>
    public required string Name { get; init; }

    /// <summary>The job types that it declares or that routes give to it. Whether each is served is up to the catalog: two may declare one.</summary>
    public required IReadOnlyList<string> JobTypes { get; init; }

    /// <summary>Whether it serves what <c>plugins.routes</c> gives to its plugin.</summary>
    public required bool ServesRoutes { get; init; }
}

/// <summary>A plugin, or one handler of a plugin whose other handlers run, that this host does not use.</summary>
internal sealed record QuarantinedPlugin
{
    /// <summary>The name of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>Why, for a person, with what to do about it.</summary>
    public required string Reason { get; init; }

    /// <summary>The job types that it declares and that are not served by it now, as far as they could be read.</summary>
    public IReadOnlyList<string> JobTypes { get; init; } = [];
}
