using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace DelphiRunner.Engine.Tests.Structure;

/// <summary>Writes what an assembly shows to others as text, one line a member, in a fixed order.</summary>
internal sealed class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly NullabilityInfoContext _nullability = new();

    public static string Of(Assembly assembly) =>
        string.Concat(assembly.GetExportedTypes()
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => new PublicSurface().Write(type)));

    private string Write(Type type)
    {
        var members = type.IsEnum
            ? Enum.GetValues(type).Cast<object>().Select(value => $"{value} = {Convert.ToInt32(value, CultureInfo.InvariantCulture)}")
            : Members(type);
        var parents = new[] { type.BaseType }.Where(parent => parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
            .OfType<Type>().Concat(type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []))
            .Select(Name).Order(StringComparer.Ordinal).ToList();
        var head = $"{Kind(type)} {type.FullName}{(parents.Count == 0 ? "" : $" : {string.Join(", ", parents)}")}";
        return $"{head}\n{string.Concat(members.Order(StringComparer.Ordinal).Select(member => $"    {member}\n"))}\n";
    }

    private IEnumerable<string> Members(Type type) =>
    [
        .. type.GetConstructors(Declared).Where(IsVisible).Select(constructor => $"new({Parameters(constructor)})"),
        .. type.GetProperties(Declared).Where(property => Accessors(property).Length > 0 && property.Name != "EqualityContract").Select(Write),
        .. type.GetMethods(Declared)
            .Where(method => IsVisible(method) && !method.IsSpecialName && !method.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Select(method => $"{Modifiers(method)}{Name(_nullability.Create(method.ReturnParameter))} {method.Name}({Parameters(method)})"),
        .. type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily).Select(field => $"{Name(_nullability.Create(field))} {field.Name}"),
    ];

    private string Write(PropertyInfo property)
    {
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Modifiers(property.GetMethod!)}{required}{Name(_nullability.Create(property))} {property.Name} {{ {Accessors(property)} }}";
    }

    private string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{Name(_nullability.Create(parameter))} {parameter.Name}{(parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "null"}" : "")}"));

    private static string Accessors(PropertyInfo property) => string.Join(" ", new[]
    {
        property.GetMethod is { } get && IsVisible(get) ? "get;" : "",
        property.SetMethod is { } set && IsVisible(set) ? IsInit(set) ? "init;" : "set;" : "",
    }.Where(accessor => accessor.Length > 0));

    private static bool IsInit(MethodInfo set) => set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Modifiers(MethodInfo method) =>
        (method.IsFamily ? "protected " : "") + method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        _ => (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "")
            + (type.GetMethod("<Clone>$") is null ? "class" : "record"),
    };

    private static string Name(NullabilityInfo info)
    {
        var optional = info.ReadState == NullabilityState.Nullable && !info.Type.IsValueType ? "?" : "";
        return info.GenericTypeArguments.Length == 0 || Nullable.GetUnderlyingType(info.Type) is not null
            ? Name(info.Type) + optional
            : $"{info.Type.Name.Split('`')[0]}<{string.Join(", ", info.GenericTypeArguments.Select(Name))}>{optional}";
    }

    private static string Name(Type type) => Nullable.GetUnderlyingType(type) is { } value
        ? $"{Name(value)}?"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;
}
