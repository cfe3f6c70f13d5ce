using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins.Generations;
using DelphiRunner.Engine.Plugins.Preflight;

namespace DelphiRunner.Engine.Plugins;

/// <summary>A plugin whose handlers are constructed and configured.</summary>
internal sealed record StartedPlugin
{
    public required PluginGeneration Generation { get; init; }

    public required PluginDeclarations Declarations { get; init; }

    public required HandlerSettings Settings { get; init; }

    /// <summary>The handlers that can be called; at least one.</summary>
    public required IReadOnlyList<StartedHandler> Handlers { get; init; }

    /// <summary>The handlers that could not be constructed although others could.</summary>
    public required IReadOnlyList<QuarantinedPlugin> Broken { get; init; }

    public string Name => Generation.Name;

    /// <summary>The job types that its handlers declare, without what routes give to it.</summary>
    public IEnumerable<string> DeclaredJobTypes => Handlers.SelectMany(handler => handler.Declaration.JobTypes).Select(type => type.Name);

    /// <summary>The handler that declares a job type, else the one that serves what is routed to the plugin, else null.</summary>
    public StartedHandler? HandlerFor(string jobType) =>
        Handlers.FirstOrDefault(handler => handler.Declares(jobType))
        ?? (Broken.Any(broken => broken.JobTypes.Contains(jobType)) ? null : Handlers.FirstOrDefault(handler => handler.Declaration.ServesRoutes));

    /// <summary>Makes the handler that the engine uses for one job type.</summary>
    public JobHandler Serve(StartedHandler handler, string jobType) => new()
    {
        Instance = handler.Instance,
        Name = handler.Declaration.TypeName,
        Plugin = Name,
        PluginVersion = Declarations.Version,
        PluginHash = Generation.Hash,
        Settings = Settings,
        RunsAtMostOnce = handler.Declaration.JobTypes.Any(declared => declared.Name == jobType && declared.RunsAtMostOnce),
        NamedPrograms = handler.Named.Programs,
        NamedFolders = handler.Named.Folders,
    };

    /// <summary>Describes the plugin for people and for the log.</summary>
    public LoadedPlugin Describe(IReadOnlyDictionary<string, string> routes)
    {
        var routed = routes.Where(route => route.Value == Name).Select(route => route.Key).ToList();
        var handlers = Handlers.Select(handler => new LoadedHandler
        {
            Name = handler.Declaration.TypeName,
            JobTypes = [.. handler.Declaration.JobTypes.Select(type => type.Name).Union(routed.Where(type => HandlerFor(type) == handler))],
            ServesRoutes = handler.Declaration.ServesRoutes,
        });
        return new LoadedPlugin
        {
            Name = Name,
            Version = Declarations.Version,
            Hash = Generation.Hash,
            Folder = Generation.Folder,
            Handlers = [.. handlers],
        };
    }
}

/// <summary>A handler that can be called.</summary>
internal sealed record StartedHandler(DeclaredHandler Declaration, IJobHandler Instance, NamedByPlugin Named)
{
    public bool Declares(string jobType) => Declaration.JobTypes.Any(declared => declared.Name == jobType);
}
