using System.Reflection;
using System.Reflection.Metadata;
using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Plugins.Preflight;

/// <summary>Finds the handlers of an assembly, and the classes that were perhaps meant to be handlers.</summary>
internal sealed class HandlerDeclarations(MetadataReader metadata)
{
    private readonly List<string> _nearMisses = [];

    /// <summary>The classes that were left out although they look like handlers, each with the reason; filled by <see cref="Find"/>.</summary>
    public IReadOnlyList<string> NearMisses => _nearMisses;

    public IReadOnlyList<DeclaredHandler> Find()
    {
        var handlers = new List<DeclaredHandler>();
        foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            var handler = Read(type);
            var declares = handler.JobTypes.Count > 0 || handler.ServesRoutes;
            if (!declares && (!Implements(type) || IsAbstract(type)))
                continue;

            if (WhyNot(type, declares) is { } reason)
                _nearMisses.Add($"'{handler.TypeName}' {reason}");
            else
                handlers.Add(handler);
        }

        return handlers;
    }

    private string? WhyNot(TypeDefinition type, bool declares) => this switch
    {
        _ when !declares => "implements IJobHandler but carries neither [HandlesJobType(\"...\")] nor [HandlesRoutedJobTypes]",
        _ when !MayImplement(type) => "carries the attribute but does not implement IJobHandler",
        _ when IsAbstract(type) => "is abstract",
        _ when !metadata.IsPublic(type) => "is not public",
        _ when type.GetGenericParameters().Count > 0 => "is generic",
        _ when !HasPublicParameterlessConstructor(type) => "has no public constructor without parameters",
        _ => null,
    };

    private DeclaredHandler Read(TypeDefinition type)
    {
        var jobTypes = Attributes(type, typeof(HandlesJobTypeAttribute)).Select(value => new DeclaredJobType(
            Text(value),
            value.NamedArguments.Any(named => named is { Name: nameof(HandlesJobTypeAttribute.RunsAtMostOnce), Value: true })));
        return new DeclaredHandler
        {
            TypeName = metadata.FullName(type),
            JobTypes = [.. jobTypes],
            ServesRoutes = Attributes(type, typeof(HandlesRoutedJobTypesAttribute)).Count > 0,
            Programs = [.. Attributes(type, typeof(RunsProgramAttribute)).Select(Text)],
            Folders = [.. Attributes(type, typeof(WorksInFolderAttribute)).Select(Text).Where(Path.IsPathFullyQualified)],
        };
    }

    private IReadOnlyList<CustomAttributeValue<string>> Attributes(TypeDefinition type, Type attribute) =>
        DeclaredAttributes.Read(metadata, type.GetCustomAttributes(), handle => metadata.IsContract(handle, attribute));

    private static string Text(CustomAttributeValue<string> value) => value.FixedArguments is [{ Value: string text }] ? text : "";

    private static bool IsAbstract(TypeDefinition type) => (type.Attributes & TypeAttributes.Abstract) != 0;

    // The compiler lists on a class the interfaces of its interfaces too, but not those of its base class.
    private bool Implements(TypeDefinition type) =>
        type.GetInterfaceImplementations().Any(handle =>
            metadata.IsContract(metadata.GetInterfaceImplementation(handle).Interface, typeof(IJobHandler)))
        || (OwnBase(type) is { } own && Implements(own));

    // A base class from another assembly may implement the interface; what is constructed is looked at again after the load.
    private bool MayImplement(TypeDefinition type) =>
        Implements(type) || (OwnBase(type) is { } own ? MayImplement(own) : !IsObject(type.BaseType));

    private TypeDefinition? OwnBase(TypeDefinition type)
    {
        var handle = type.BaseType;
        if (!handle.IsNil && handle.Kind == HandleKind.TypeSpecification)
            handle = GenericType(metadata.GetTypeSpecification((TypeSpecificationHandle)handle));

        return !handle.IsNil && handle.Kind == HandleKind.TypeDefinition ? metadata.GetTypeDefinition((TypeDefinitionHandle)handle) : null;
    }

    // A constructed generic type begins with its kind, class or struct, and the generic type (ECMA-335, II.23.2.14).
    private EntityHandle GenericType(TypeSpecification specification)
    {
        var signature = metadata.GetBlobReader(specification.Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            return default;

        signature.ReadCompressedInteger();
        return signature.ReadTypeHandle();
    }

    private bool IsObject(EntityHandle type) =>
        type.IsNil
        || (type.Kind == HandleKind.TypeReference
            && metadata.FullName(metadata.GetTypeReference((TypeReferenceHandle)type)) == typeof(object).FullName);

    private bool HasPublicParameterlessConstructor(TypeDefinition type) =>
        type.GetMethods().Select(metadata.GetMethodDefinition).Any(method =>
            metadata.StringComparer.Equals(method.Name, ConstructorInfo.ConstructorName)
            && (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public
            && ParameterCount.Of(metadata.GetBlobReader(method.Signature)) == 0);
}
