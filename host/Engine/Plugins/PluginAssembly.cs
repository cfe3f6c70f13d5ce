using System.Reflection;
using System.Runtime.Loader;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins.Generations;
using McMaster.NETCore.Plugins;

namespace DelphiRunner.Engine.Plugins;

/// <summary>
/// A plugin's assembly in a load context of its own, which shares only the contracts with the host. The one place that knows the loader.
/// </summary>
internal sealed class PluginAssembly(Assembly assembly)
{
    /// <summary>Loads the assembly of a generation. No code of it runs.</summary>
    public static PluginAssembly Load(PluginGeneration generation)
    {
        // Disposing the loader stops what it watches, and nothing else: the context is not unloadable.
        using var loader = PluginLoader.CreateFromAssemblyFile(generation.Dll, [typeof(IJobHandler)], config =>
        {
            config.PreferSharedTypes = false;
            config.EnableHotReload = false;
            config.IsUnloadable = false;
        });
        return new PluginAssembly(loader.LoadDefaultAssembly());
    }

    /// <summary>Loads a handler's class and constructs it.</summary>
    /// <exception cref="PluginException">The class cannot be loaded, is no handler of this host, or its constructor threw.</exception>
    public IJobHandler Construct(string typeName)
    {
        try
        {
            var type = assembly.GetType(typeName, throwOnError: true)!; // Throws instead of returning null.
            CheckIdentity(type);
            const BindingFlags Unwrapped = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DoNotWrapExceptions;
            return (IJobHandler)Activator.CreateInstance(type, Unwrapped, binder: null, args: null, culture: null)!; // No nullable value type.
        }
        catch (Exception exception) when (exception is not PluginException)
        {
            throw new PluginException($"Handler '{typeName}' could not be constructed. {Explain(exception)}", exception);
        }
    }

    /// <summary>Makes sure that a class implements the host's interface, and that no second copy of the contracts got into its context.</summary>
    /// <exception cref="PluginException">The host would not recognize the handler. Both identities are named.</exception>
    internal static void CheckIdentity(Type type)
    {
        var shared = typeof(IJobHandler).Assembly;
        var copy = AssemblyLoadContext.GetLoadContext(type.Assembly)?.Assemblies.FirstOrDefault(loaded =>
            loaded != shared && loaded.GetName().Name == shared.GetName().Name);
        if (copy is null && typeof(IJobHandler).IsAssignableFrom(type))
            return;

        var own = copy ?? type.GetInterfaces().FirstOrDefault(implemented => implemented.FullName == typeof(IJobHandler).FullName)?.Assembly;
        throw new PluginException(own is null
            ? $"'{type.FullName}' carries [HandlesJobType] but does not implement IJobHandler."
            : $"'{type.FullName}' uses {own.FullName} from '{own.Location}' instead of the host's {shared.FullName}, so that the host cannot " +
              "recognize its interface. Reference the package DelphiRunner.Contracts with ExcludeAssets=\"runtime\", in the host's version or an older one.");
    }

    private static string Explain(Exception exception) => exception switch
    {
        TypeInitializationException { InnerException: { } inner } => Explain(inner),
        FileNotFoundException { FileName: { } missing } =>
            $"It needs '{missing}', which is neither in the plugin's folder nor in the host. Publish it with the plugin.",
        MissingMemberException or TypeLoadException => $"{exception.Message} Build the plugin against the versions that it is published with.",
        _ => $"{exception.GetType().Name}: {exception.Message}",
    };
}
