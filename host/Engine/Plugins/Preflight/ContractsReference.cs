using System.Reflection;
using System.Reflection.Metadata;
using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Plugins.Preflight;

/// <summary>Checks that an assembly was built against contracts that this host can give it.</summary>
internal static class ContractsReference
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Contracts = typeof(IJobHandler).Assembly;

    private static readonly AssemblyName Host = Contracts.GetName();

    /// <summary>Finds the version of the contracts that an assembly refers to, or null when it does not refer to them.</summary>
    public static Version? VersionIn(MetadataReader metadata) =>
        metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
            .Where(reference => metadata.StringComparer.Equals(reference.Name, Host.Name!)) // The contracts assembly has a name.
            .Select(reference => reference.Version)
            .FirstOrDefault();

    /// <summary>Refuses an assembly whose contracts are of another major version or newer than the host's.</summary>
    /// <exception cref="PluginException">Loading it would find no handler, or fail in the middle of a job.</exception>
    public static void Check(string file, MetadataReader metadata)
    {
        if (VersionIn(metadata) is not { } version)
            return;

        if (version.Major != Host.Version!.Major || version > Host.Version)
        {
            throw new PluginException(
                $"'{file}' was built against {Host.Name} {version}; this host has {Host.Version} and takes only plugins of its major version " +
                "that are not newer. Build the plugin against the host's version, or update the host.");
        }

        var missing = Missing(metadata).Distinct().Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            throw new PluginException(
                $"'{file}' uses what the host's {Host.Name} does not have: {string.Join(", ", missing)}. It was built against a newer version. " +
                "Build the plugin against the host's version, or update the host.");
        }
    }

    private static IEnumerable<string> Missing(MetadataReader metadata)
    {
        foreach (var reference in metadata.TypeReferences.Select(metadata.GetTypeReference).Where(type => metadata.AssemblyOf(type) == Host.Name))
        {
            if (Contracts.GetType(metadata.FullName(reference)) is null)
                yield return metadata.FullName(reference);
        }

        foreach (var member in metadata.MemberReferences.Select(metadata.GetMemberReference))
        {
            if (member.Parent.Kind != HandleKind.TypeReference)
                continue;

            var owner = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
            var name = metadata.GetString(member.Name);
            if (metadata.AssemblyOf(owner) == Host.Name
                && Contracts.GetType(metadata.FullName(owner)) is { } type
                && !Has(type, name, ParameterCount.Of(metadata.GetBlobReader(member.Signature))))
                yield return $"{type.FullName}.{name}";
        }
    }

    private static bool Has(Type type, string name, int? parameters) =>
        type.GetMember(name, Declared)
            .Any(member => parameters is null || (member is MethodBase method && method.GetParameters().Length == parameters));
}
