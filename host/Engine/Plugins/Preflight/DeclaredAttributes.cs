using System.Reflection.Metadata;

namespace DelphiRunner.Engine.Plugins.Preflight;

/// <summary>Reads the values of attributes from metadata.</summary>
internal static class DeclaredAttributes
{
    private static readonly ValueTypes Decoder = new();

    /// <summary>Reads the attributes of one type that something carries.</summary>
    public static IReadOnlyList<CustomAttributeValue<string>> Read(
        MetadataReader metadata, CustomAttributeHandleCollection carried, Func<EntityHandle, bool> isWanted) =>
    [
        .. carried.Select(metadata.GetCustomAttribute)
            .Where(attribute => isWanted(TypeOf(metadata, attribute)))
            .Select(attribute => attribute.DecodeValue(Decoder)),
    ];

    /// <summary>Reads the one text that an attribute of the assembly carries, or null when there is no such attribute.</summary>
    public static string? ReadOfAssembly(MetadataReader metadata, Type attribute) =>
        Read(metadata, metadata.GetAssemblyDefinition().GetCustomAttributes(), type => IsNamed(metadata, type, attribute))
            .Select(value => value.FixedArguments is [{ Value: string text }, ..] ? text : null)
            .FirstOrDefault();

    private static bool IsNamed(MetadataReader metadata, EntityHandle type, Type attribute) =>
        type.Kind == HandleKind.TypeReference
        && metadata.FullName(metadata.GetTypeReference((TypeReferenceHandle)type)) == attribute.FullName;

    private static EntityHandle TypeOf(MetadataReader metadata, CustomAttribute attribute) => attribute.Constructor.Kind switch
    {
        HandleKind.MemberReference => metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent,
        _ => metadata.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType(),
    };

    // The decoder asks for the types of values; names are enough for it.
    private sealed class ValueTypes : ICustomAttributeTypeProvider<string>
    {
        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSystemType() => "System.Type";

        public string GetSZArrayType(string elementType) => $"{elementType}[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
            reader.FullName(reader.GetTypeDefinition(handle));

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
            reader.FullName(reader.GetTypeReference(handle));

        public string GetTypeFromSerializedName(string name) => name;

        // A plugin's own attributes are not read, and no contract's attribute has an enum.
        public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

        public bool IsSystemType(string type) => type == "System.Type";
    }
}
