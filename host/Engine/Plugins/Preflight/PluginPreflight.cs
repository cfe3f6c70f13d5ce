using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Plugins.Generations;

namespace DelphiRunner.Engine.Plugins.Preflight;

/// <summary>Looks at a plugin's assemblies without running or loading them.</summary>
internal static class PluginPreflight
{
    private const string LookedFor =
        "Looked for public, non-abstract classes with a public constructor without parameters that implement IJobHandler and carry " +
        "[HandlesJobType(\"...\")] or [HandlesRoutedJobTypes].";

    /// <summary>Reads what the plugin declares.</summary>
    /// <exception cref="PluginException">This host cannot run the plugin.</exception>
    public static PluginDeclarations Read(PluginGeneration generation)
    {
        var dependencies = new List<string>();
        foreach (var file in PluginFiles.List(generation.Folder).Where(file => IsDependency(file, generation)))
        {
            dependencies.Add(Path.GetFileNameWithoutExtension(file));
            WithMetadata(Path.Combine(generation.Folder, file), metadata => ContractsReference.Check(file, metadata));
        }

        PluginDeclarations? declarations = null;
        if (!WithMetadata(generation.Dll, metadata => declarations = Read(generation.Name, metadata, dependencies)))
            throw new PluginException($"'{generation.Name}.dll' is no .NET assembly, or a damaged one. Build the plugin again.");

        return declarations!; // Set by the callback, which has run.
    }

    private static bool IsDependency(string file, PluginGeneration generation) =>
        file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && file != Path.GetFileName(generation.Dll);

    private static PluginDeclarations Read(string plugin, MetadataReader metadata, IReadOnlyCollection<string> dependencies)
    {
        if (ContractsReference.VersionIn(metadata) is null)
        {
            throw new PluginException(
                $"'{plugin}.dll' does not use DelphiRunner.Contracts, so it holds no handler. Reference the package DelphiRunner.Contracts " +
                "and implement IJobHandler, or remove the folder.");
        }

        CheckFramework(plugin, DeclaredAttributes.ReadOfAssembly(metadata, typeof(TargetFrameworkAttribute)));
        ContractsReference.Check($"{plugin}.dll", metadata);
        var found = new HandlerDeclarations(metadata);
        var handlers = found.Find();
        CheckHandlers(plugin, handlers, found.NearMisses);
        return new PluginDeclarations
        {
            Version = Version(metadata),
            Handlers = handlers,
            Problems =
            [
                .. found.NearMisses.Select(miss => $"Plugin '{plugin}': class {miss}; it serves nothing."),
                .. Unresolvable(metadata, dependencies).Select(missing =>
                    $"Plugin '{plugin}' refers to the assembly '{missing}', which is neither in its folder nor in the host. " +
                    "Publish it with the plugin."),
            ],
        };
    }

    private static void CheckFramework(string plugin, string? framework)
    {
        var name = framework is null ? null : new FrameworkName(framework);
        if (name is null || name.Identifier == ".NETStandard" || (name.Identifier == ".NETCoreApp" && name.Version <= HostVersion))
            return;

        throw new PluginException(
            $"'{plugin}.dll' was built for {name.Identifier} {name.Version}; this host runs on .NET {HostVersion}. " +
            $"Build the plugin for net{HostVersion}, or update the host.");
    }

    private static Version HostVersion => new(Environment.Version.Major, Environment.Version.Minor);

    private static void CheckHandlers(string plugin, IReadOnlyList<DeclaredHandler> handlers, IReadOnlyList<string> nearMisses)
    {
        if (handlers.Count == 0)
        {
            var misses = nearMisses.Count == 0 ? "No class comes near." : $"Near misses: {string.Join("; ", nearMisses)}.";
            throw new PluginException($"Plugin '{plugin}' declares no handler. {LookedFor} {misses}");
        }

        if (handlers.FirstOrDefault(handler => handler.JobTypes.Any(type => string.IsNullOrWhiteSpace(type.Name))) is { } nameless)
            throw new PluginException($"Handler '{nameless.TypeName}' declares an empty job type. Name one in [HandlesJobType(\"...\")].");

        var doubled = handlers.SelectMany(handler => handler.JobTypes, (handler, type) => (handler.TypeName, JobType: type.Name))
            .GroupBy(declared => declared.JobType, StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1);
        if (doubled is not null)
        {
            var names = string.Join(" and ", doubled.Select(declared => $"'{declared.TypeName}'"));
            throw new PluginException(
                $"Plugin '{plugin}' declares the job type '{doubled.Key}' more than once, by {names}. Let one handler declare it once.");
        }

        if (handlers.Where(handler => handler.ServesRoutes).ToList() is { Count: > 1 } general)
        {
            var names = string.Join(" and ", general.Select(handler => $"'{handler.TypeName}'"));
            throw new PluginException($"Plugin '{plugin}' has more than one handler with [HandlesRoutedJobTypes]: {names}. Leave it on one.");
        }
    }

    private static string Version(MetadataReader metadata) =>
        DeclaredAttributes.ReadOfAssembly(metadata, typeof(AssemblyInformationalVersionAttribute))?.Split('+')[0]
        ?? metadata.GetAssemblyDefinition().Version.ToString();

    private static IEnumerable<string> Unresolvable(MetadataReader metadata, IReadOnlyCollection<string> dependencies) =>
        metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
            .Select(reference => reference.GetAssemblyName())
            .Where(name => !dependencies.Contains(name.Name, StringComparer.OrdinalIgnoreCase) && !HostHas(name))
            .Select(name => $"{name.Name} {name.Version}");

    private static bool HostHas(AssemblyName name)
    {
        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(name) is not null;
        }
        catch (IOException)
        {
            // Not found, or found in an older version.
            return false;
        }
    }

    // False for a file that is no .NET assembly: a plugin may bring native libraries.
    private static bool WithMetadata(string path, Action<MetadataReader> read)
    {
        try
        {
            using var stream = File.OpenRead(path);
            using var image = new PEReader(stream);
            if (!image.HasMetadata)
                return false;

            read(image.GetMetadataReader());
            return true;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
