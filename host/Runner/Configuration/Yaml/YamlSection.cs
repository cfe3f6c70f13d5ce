namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>A map with fixed keys. The keys that are asked for are the known ones; all others are reported.</summary>
internal sealed class YamlSection(YamlMap map, string path, ConfigurationFindings findings)
{
    private readonly List<string> _known = [];

    /// <summary>Asks for a key.</summary>
    /// <returns>Its value, or null when the key is not there.</returns>
    public YamlValue? Optional(string key)
    {
        _known.Add(key);
        if (map.Find(key) is not { } entry)
            return null;
        findings.Found(PathOf(key), entry.Value.Place);
        return new YamlValue(entry.Value, PathOf(key), findings);
    }

    /// <summary>Asks for a key that has to be there.</summary>
    /// <returns>Its value, or null when the key is not there, which is reported at the section's place.</returns>
    public YamlValue? Required(string key, string example)
    {
        var value = Optional(key);
        if (value is null)
            findings.Report(map.Place, PathOf(key), $"The key is missing. Add for instance: {example}");
        return value;
    }

    /// <summary>Reports the keys that nobody asked for, each with the nearest known one. To be called after the last key.</summary>
    public void ReportUnknownKeys()
    {
        foreach (var entry in map.Entries.Where(entry => !_known.Contains(entry.Key)))
        {
            var hint = NearestKey.Find(entry.Key, _known) is { } nearest
                ? $"Did you mean '{nearest}'?"
                : $"Known here: {string.Join(", ", _known)}.";
            findings.Report(entry.Place, PathOf(entry.Key), $"There is no key '{entry.Key}' here. {hint}");
        }
    }

    private string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";
}
