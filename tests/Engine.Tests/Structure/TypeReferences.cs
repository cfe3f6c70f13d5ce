using System.Reflection;
using System.Reflection.Emit;

namespace DelphiRunner.Engine.Tests.Structure;

/// <summary>Finds every type that a type of a compiled assembly mentions: in its declaration, its members and the bodies of its methods.</summary>
internal static class TypeReferences
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    public static IReadOnlySet<Type> Of(Type type)
    {
        var mentioned = new HashSet<Type>();
        IEnumerable<Type?> declared =
        [
            type.BaseType,
            .. type.GetInterfaces(),
            .. type.GetFields(All).Select(field => field.FieldType),
            .. type.GetCustomAttributesData().Select(attribute => attribute.AttributeType),
            .. type.GetProperties(All).Select(property => property.PropertyType),
        ];
        foreach (var other in declared)
            Add(other, mentioned);

        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
        {
            foreach (var other in OfMethod(method))
                Add(other, mentioned);
        }

        return mentioned;
    }

    private static IEnumerable<Type?> OfMethod(MethodBase method) =>
    [
        .. method.GetParameters().Select(parameter => parameter.ParameterType),
        (method as MethodInfo)?.ReturnType,
        .. method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [],
        .. method.GetMethodBody()?.ExceptionHandlingClauses
            .Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause).Select(clause => clause.CatchType) ?? [],
        .. OfBody(method),
    ];

    // Walks the instructions; each operand that is a token names a type, a field or a method.
    private static IEnumerable<Type?> OfBody(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xFE ? unchecked((short)((code[at] << 8) | code[at + 1])) : code[at];
            var instruction = OpCodesByValue[value];
            at += instruction.Size;
            if (instruction.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                foreach (var type in OfToken(method, BitConverter.ToInt32(code, at)))
                    yield return type;
            }

            at += OperandSize(instruction.OperandType, code, at);
        }
    }

    private static IEnumerable<Type?> OfToken(MethodBase method, int token)
    {
        var typeArguments = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        var methodArguments = method is { IsGenericMethod: true } ? method.GetGenericArguments() : null;
        return method.Module.ResolveMember(token, typeArguments, methodArguments) switch
        {
            Type type => [type],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            MethodInfo called =>
                [called.DeclaringType, called.ReturnType, .. called.GetGenericArguments(), .. called.GetParameters().Select(parameter => parameter.ParameterType)],
            ConstructorInfo constructor => [constructor.DeclaringType, .. constructor.GetParameters().Select(parameter => parameter.ParameterType)],
            _ => [],
        };
    }

    private static int OperandSize(OperandType operand, byte[] code, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };

    // A list of claims mentions the claim too.
    private static void Add(Type? type, HashSet<Type> mentioned)
    {
        if (type is null || type.IsGenericParameter)
            return;

        if (type.HasElementType)
        {
            Add(type.GetElementType(), mentioned);
            return;
        }

        if (type.IsConstructedGenericType && mentioned.Add(type))
        {
            foreach (var argument in type.GetGenericArguments())
                Add(argument, mentioned);
        }

        mentioned.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
    }
}
