using System.Globalization;
using System.Text.Json;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>One map of the settings, read key by key; what is wrong is collected, and every key that nobody asked for is wrong.</summary>
internal sealed class SettingsSection(string path, JsonElement? map, ICollection<string> problems)
{
    private readonly List<string> _asked = [];

    private IEnumerable<JsonProperty> Entries => map is { } present ? present.EnumerateObject() : [];

    public SettingsSection Section(string key)
    {
        var where = Where(key);
        if (Find(key) is not { } value || value.ValueKind == JsonValueKind.Object)
        {
            return new SettingsSection(where, Find(key), problems);
        }

        Refuse(where, value, "a map");
        return new SettingsSection(where, null, problems);
    }

    public string? Text(string key) => Find(key) is { } value ? TextOf(Where(key), value) : null;

    public bool Boolean(string key, bool otherwise) => Read(key, otherwise, "true or false", value => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when bool.TryParse(value.GetString(), out var parsed) => parsed,
        _ => null,
    });

    public long Whole(string key, long least, long most, long otherwise) =>
        Read(key, otherwise, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"), value =>
            value.ValueKind is JsonValueKind.Number or JsonValueKind.String
            && long.TryParse(Plain(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most
                ? number
                : null);

    public TimeSpan Duration(string key, TimeSpan most, TimeSpan otherwise) =>
        Duration(key, TimeSpan.Zero, most, otherwise, $"a duration such as 500ms, 10s, 5m or 1h, at most {most.TotalDays:0}d");

    public TimeSpan Duration(string key, TimeSpan least, TimeSpan most, TimeSpan otherwise, string rule) =>
        Read(key, otherwise, rule, value =>
            value.ValueKind == JsonValueKind.String && DurationText.TryParse(value.GetString()!) is { } duration && duration >= least && duration <= most
                ? duration
                : null);

    /// <summary>A list of texts of at least one character each; null when the key is missing.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (Find(key) is not { } list)
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            Refuse(Where(key), list, "a list of texts");
            return null;
        }

        return [.. list.EnumerateArray().Select((entry, index) =>
            TextOf(string.Create(CultureInfo.InvariantCulture, $"{Where(key)}[{index}]"), entry)).OfType<string>()];
    }

    /// <summary>All keys with their texts, for a map whose keys are the operator's own.</summary>
    public IReadOnlyDictionary<string, string> AllTexts()
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in Entries)
        {
            _asked.Add(entry.Name);
            if (entry.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null)
            {
                Refuse(Where(entry.Name), entry.Value, "a text");
            }
            else
            {
                texts[entry.Name] = Plain(entry.Value);
            }
        }

        return texts;
    }

    public void RefuseOtherKeys()
    {
        foreach (var entry in Entries)
        {
            if (!_asked.Contains(entry.Name))
            {
                problems.Add(
                    $"{Where(entry.Name)} is {SeenText.Quote(Plain(entry.Value))}; there is no such key. {KnownNames.Suggest(entry.Name, _asked)}");
            }
        }
    }

    /// <summary>Refuses a key that must not be there, without showing its value.</summary>
    public void RefuseKey(string key, string rest)
    {
        if (Find(key) is not null)
        {
            Problem(key, rest);
        }
    }

    public void Problem(string key, string rest) => problems.Add($"{Where(key)} {rest}");

    private T Read<T>(string key, T otherwise, string rule, Func<JsonElement, T?> read)
        where T : struct
    {
        if (Find(key) is not { } value)
        {
            return otherwise;
        }

        if (read(value) is { } good)
        {
            return good;
        }

        Refuse(Where(key), value, rule);
        return otherwise;
    }

    private string? TextOf(string where, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number && Plain(value) is { } text && !string.IsNullOrWhiteSpace(text))
        {
            return text;
        }

        Refuse(where, value, "a text of at least one character");
        return null;
    }

    private JsonElement? Find(string key)
    {
        if (!_asked.Contains(key))
        {
            _asked.Add(key);
        }

        return map is { } present && present.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private void Refuse(string where, JsonElement value, string rule) =>
        problems.Add($"{where} is {SeenText.Quote(Plain(value))}; it must be {rule}.");

    private string Where(string key) => $"{path}.{key}";

    private static string Plain(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
