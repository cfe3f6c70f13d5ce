using System.Text.RegularExpressions;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Delphi.Batches;

/// <summary>The form of a model's name that a job may choose.</summary>
internal static partial class ModelName
{
    /// <exception cref="InvalidJobException">The value is no model's name.</exception>
    public static string Check(ConfigurationValue value) => Pattern().IsMatch(value.AsText())
        ? value.Text
        : throw value.Invalid("a model's name: letters, digits and . _ : / @ -, at most 200");

    [GeneratedRegex(@"^[0-9A-Za-z][0-9A-Za-z._:/@-]{0,199}\z")]
    private static partial Regex Pattern();
}
