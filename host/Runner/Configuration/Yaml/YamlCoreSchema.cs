using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>How YAML 1.2 reads a plain scalar (https://yaml.org/spec/1.2.2/#103-core-schema). <c>yes</c>, <c>on</c> and dates are texts in it.</summary>
internal static partial class YamlCoreSchema
{
    public static YamlScalarKind KindOf(string plain) => plain switch
    {
        "" or "~" or "null" or "Null" or "NULL" => YamlScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => YamlScalarKind.Boolean,
        _ => Number().IsMatch(plain) || IsNotFinite(plain) ? YamlScalarKind.Number : YamlScalarKind.Text,
    };

    public static bool IsNotFinite(string number) => NotFinite().IsMatch(number);

    /// <summary>Writes a finite number as JSON, with all its digits.</summary>
    public static string NumberToJson(string number)
    {
        if (number.StartsWith("0x", StringComparison.Ordinal))
            return BigInteger.Parse("0" + number[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        if (number.StartsWith("0o", StringComparison.Ordinal))
            return number[2..].Aggregate(BigInteger.Zero, (sum, digit) => (sum * 8) + (digit - '0')).ToString(CultureInfo.InvariantCulture);

        // What YAML allows beyond JSON: a plus sign, leading zeros, no digit before or after the point.
        var parts = DecimalParts().Match(number);
        var whole = parts.Groups["whole"].Value.TrimStart('0');
        var fraction = parts.Groups["fraction"].Value;
        return string.Concat(
            number[0] == '-' ? "-" : "", whole.Length == 0 ? "0" : whole, fraction.Length == 0 ? "" : "." + fraction, parts.Groups["exponent"].Value);
    }

    [GeneratedRegex(@"^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();

    [GeneratedRegex(@"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", RegexOptions.ExplicitCapture)]
    private static partial Regex NotFinite();

    [GeneratedRegex(@"^[-+]?(?<whole>[0-9]*)(?:\.(?<fraction>[0-9]*))?(?<exponent>[eE][-+]?[0-9]+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex DecimalParts();
}
