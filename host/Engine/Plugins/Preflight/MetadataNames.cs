using System.Reflection;
using System.Reflection.Metadata;

namespace DelphiRunner.Engine.Plugins.Preflight;

/// <summary>The names of types in metadata.</summary>
internal static class MetadataNames
{
    /// <summary>Names a type of this assembly as reflection does: <c>Namespace.Outer+Inner</c>.</summary>
    public static string FullName(this MetadataReader metadata, TypeDefinition type)
    {
        var name = metadata.GetString(type.Name);
        if (!type.GetDeclaringType().IsNil)
            return $"{metadata.FullName(metadata.GetTypeDefinition(type.GetDeclaringType()))}+{name}";

        return Join(metadata.GetString(type.Namespace), name);
    }

    /// <summary>Names a type of another assembly.</summary>
    public static string FullName(this MetadataReader metadata, TypeReference type)
    {
        var name = metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{metadata.FullName(metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope))}+{name}"
            : Join(metadata.GetString(type.Namespace), name);
    }

    /// <summary>Names the assembly that a type reference points to, or null when it points into this one.</summary>
    public static string? AssemblyOf(this MetadataReader metadata, TypeReference type) => type.ResolutionScope.Kind switch
    {
        HandleKind.AssemblyReference =>
            metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name),
        HandleKind.TypeReference => metadata.AssemblyOf(metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope)),
        _ => null,
    };

    /// <summary>Finds out whether a handle is a reference to a type of the contracts.</summary>
    public static bool IsContract(this MetadataReader metadata, EntityHandle handle, Type contract)
    {
        if (handle.Kind != HandleKind.TypeReference)
            return false;

        var type = metadata.GetTypeReference((TypeReferenceHandle)handle);
        return metadata.FullName(type) == contract.FullName && metadata.AssemblyOf(type) == contract.Assembly.GetName().Name;
    }

    /// <summary>Finds out whether a type and all that it is nested in is public.</summary>
    public static bool IsPublic(this MetadataReader metadata, TypeDefinition type) =>
        (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic => metadata.IsPublic(metadata.GetTypeDefinition(type.GetDeclaringType())),
            _ => false,
        };

    private static string Join(string nameSpace, string name) => nameSpace.Length == 0 ? name : $"{nameSpace}.{name}";
}
