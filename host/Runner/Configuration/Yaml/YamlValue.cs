using System.Globalization;

namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>The value of one key, read as what the key wants. Each reader gives null for a value of another kind and reports it.</summary>
internal sealed class YamlValue(YamlNode node, string path, ConfigurationFindings findings)
{
    public string Path => path;

    public YamlNode Node => node;

    public string? Text()
    {
        if (node is YamlScalar { Kind: YamlScalarKind.Text, Value: var text } && text.Trim().Length > 0)
            return text;
        var quote = node is YamlScalar { Kind: YamlScalarKind.Number or YamlScalarKind.Boolean } ? " Quote it if it is meant as text." : "";
        return Report<string>($"It wants a text that is not empty, and has {node.Describe()}.{quote}");
    }

    /// <summary>Reads <c>true</c> or <c>false</c>.</summary>
    public bool? Flag() =>
        node is YamlScalar { Kind: YamlScalarKind.Boolean, Value: var text }
            ? text.Equals("true", StringComparison.OrdinalIgnoreCase)
            : ReportValue<bool>($"It wants true or false, and has {node.Describe()}.");

    public int? Whole(int least, int most)
    {
        if (node is not YamlScalar { Kind: YamlScalarKind.Number, Value: var text }
            || !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return ReportValue<int>($"It wants a whole number from {least} to {most}, and has {node.Describe()}.");
        if (number < least || number > most)
            return ReportValue<int>($"{number} is outside {least} to {most}.");
        return (int)number;
    }

    public TimeSpan? Duration(TimeSpan least, TimeSpan most)
    {
        if (node is not YamlScalar { Value: var text } || !Quantities.TryParseDuration(text, out var duration))
            return ReportValue<TimeSpan>($"It wants a duration, and has {node.Describe()}. {Quantities.DurationRule}");
        if (duration < least || duration > most)
            return ReportValue<TimeSpan>($"{text} is outside {Quantities.FormatDuration(least)} to {Quantities.FormatDuration(most)}.");
        return duration;
    }

    public long? Size(long least, long most)
    {
        if (node is not YamlScalar { Value: var text } || !Quantities.TryParseSize(text, out var bytes))
            return ReportValue<long>($"It wants a size, and has {node.Describe()}. {Quantities.SizeRule}");
        if (bytes < least || bytes > most)
            return ReportValue<long>($"{text} is outside {Quantities.FormatSize(least)} to {Quantities.FormatSize(most)}.");
        return bytes;
    }

    public T? Choice<T>(params (string Text, T Value)[] choices)
        where T : struct
    {
        foreach (var (text, value) in choices)
        {
            if (node is YamlScalar { Kind: YamlScalarKind.Text, Value: var seen } && seen == text)
                return value;
        }

        return ReportValue<T>($"It wants {string.Join(" or ", choices.Select(choice => $"'{choice.Text}'"))}, and has {node.Describe()}.");
    }

    /// <summary>Reads one of some texts.</summary>
    public string? Word(IReadOnlyList<string> words) =>
        node is YamlScalar { Kind: YamlScalarKind.Text, Value: var seen } && words.Contains(seen)
            ? seen
            : Report<string>($"It wants {string.Join(" or ", words.Select(word => $"'{word}'"))}, and has {node.Describe()}.");

    /// <summary>Reads a list of different texts.</summary>
    /// <param name="fault">Finds what is wrong with one, beyond its kind.</param>
    public IReadOnlyList<string>? Texts(Func<string, string?>? fault = null)
    {
        if (node is not YamlList list)
            return Report<IReadOnlyList<string>>($"It wants a list such as [A, B], and has {node.Describe()}.");

        var texts = new List<string>();
        foreach (var item in list.Items)
        {
            var text = new YamlValue(item, $"{path}[{texts.Count}]", findings).Text();
            if (text is not null && texts.Contains(text))
                findings.Report(item.Place, path, $"'{text}' stands twice in the list. Remove one of the two.");
            if (text is not null && fault?.Invoke(text) is { } reason)
                findings.Report(item.Place, $"{path}[{texts.Count}]", reason);
            texts.Add(text ?? "");
        }

        return texts;
    }

    /// <summary>Reads a list of which each item is read by itself.</summary>
    public IReadOnlyList<YamlValue>? Items() =>
        node is YamlList list
            ? [.. list.Items.Select((item, index) => new YamlValue(item, $"{path}[{index}]", findings))]
            : Report<IReadOnlyList<YamlValue>>($"It wants a list such as [A, B], and has {node.Describe()}.");

    /// <summary>Reads a map with fixed keys.</summary>
    public YamlSection? Section() => node is YamlMap map ? new YamlSection(map, path, findings) : ReportNoMap<YamlSection>();

    /// <summary>Reads a map whose keys are names, such as job types.</summary>
    /// <param name="meaning">What a key means, by which it is known from here on; null where it is its own meaning.</param>
    public IReadOnlyList<KeyValuePair<string, YamlValue>> Entries(Func<string, string>? meaning = null)
    {
        if (node is not YamlMap map)
            return ReportNoMap<IReadOnlyList<KeyValuePair<string, YamlValue>>>() ?? [];

        var entries = new List<KeyValuePair<string, YamlValue>>();
        foreach (var entry in map.Entries)
        {
            var key = meaning?.Invoke(entry.Key) ?? entry.Key;
            var entryPath = $"{path}.{key}";
            findings.Found(entryPath, entry.Place);
            entries.Add(KeyValuePair.Create(key, new YamlValue(entry.Value, entryPath, findings)));
        }

        return entries;
    }

    /// <summary>Reads any map as the text of a JSON object, with <c>{config}</c> in its texts replaced by a folder.</summary>
    public string? JsonObject(string folder) => node is YamlMap map ? new YamlJson(folder, findings).Write(map, path) : ReportNoMap<string>();

    /// <summary>Reports what is wrong with the value beyond its kind.</summary>
    public T? Report<T>(string message)
        where T : class
    {
        findings.Report(node.Place, path, message);
        return null;
    }

    private T? ReportNoMap<T>()
        where T : class => Report<T>($"It wants a map of keys, and has {node.Describe()}.");

    private T? ReportValue<T>(string message)
        where T : struct
    {
        findings.Report(node.Place, path, message);
        return null;
    }
}
