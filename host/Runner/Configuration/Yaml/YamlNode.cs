using YamlDotNet.Core;

namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>A value in a YAML file, with the place where it begins.</summary>
internal abstract record YamlNode(ConfigurationPlace Place)
{
    /// <summary>What the value is, for messages: <c>the number 5</c>, <c>a map</c>.</summary>
    public abstract string Describe();
}

/// <summary>The kinds of scalar of YAML's core schema.</summary>
internal enum YamlScalarKind
{
    Null,
    Boolean,
    Number,
    Text,
}

internal sealed record YamlScalar(ConfigurationPlace Place, string Value, ScalarStyle Style) : YamlNode(Place)
{
    /// <summary>A quoted or block scalar is text whatever it looks like.</summary>
    public YamlScalarKind Kind { get; } = Style == ScalarStyle.Plain ? YamlCoreSchema.KindOf(Value) : YamlScalarKind.Text;

    public override string Describe() => Kind switch
    {
        YamlScalarKind.Null => "nothing",
        YamlScalarKind.Boolean => Value,
        YamlScalarKind.Number => $"the number {Value}",
        _ => $"the text '{Value}'",
    };
}

internal sealed record YamlList(ConfigurationPlace Place, IReadOnlyList<YamlNode> Items) : YamlNode(Place)
{
    public override string Describe() => "a list";
}

/// <summary>One key of a map with its value.</summary>
internal sealed record YamlEntry(ConfigurationPlace Place, string Key, YamlNode Value);

/// <summary>A map whose keys are texts and different, in the order of the file.</summary>
internal sealed record YamlMap(ConfigurationPlace Place, IReadOnlyList<YamlEntry> Entries) : YamlNode(Place)
{
    public override string Describe() => "a map";

    public YamlEntry? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key);
}
