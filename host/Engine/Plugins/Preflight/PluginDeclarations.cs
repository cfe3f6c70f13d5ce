namespace DelphiRunner.Engine.Plugins.Preflight;

/// <summary>What a plugin's assembly declares, read before any of its code runs.</summary>
internal sealed record PluginDeclarations
{
    /// <summary>The informational version without build metadata.</summary>
    public required string Version { get; init; }

    /// <summary>The handlers; at least one.</summary>
    public required IReadOnlyList<DeclaredHandler> Handlers { get; init; }

    /// <summary>What does not keep the plugin from running, but what its author should know.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}

/// <summary>A class that can be constructed and declares what it serves.</summary>
internal sealed record DeclaredHandler
{
    /// <summary>The full name as reflection writes it.</summary>
    public required string TypeName { get; init; }

    public required IReadOnlyList<DeclaredJobType> JobTypes { get; init; }

    public required bool ServesRoutes { get; init; }

    /// <summary>The programs of its <c>[RunsProgram]</c> declarations.</summary>
    public required IReadOnlyList<string> Programs { get; init; }

    /// <summary>The folders of its <c>[WorksInFolder]</c> declarations.</summary>
    public required IReadOnlyList<string> Folders { get; init; }
}

/// <summary>One <c>[HandlesJobType]</c>.</summary>
internal sealed record DeclaredJobType(string Name, bool RunsAtMostOnce);
