using System.Text.Json;

namespace DelphiRunner.Engine.Plugins;

/// <summary>Reads which programs a plugin's settings could name: every text in them, also with the <c>{name}</c> of another text setting filled in.</summary>
internal static class NamedPrograms
{
    /// <summary>Collects the texts of the settings, at any depth, without the keys.</summary>
    /// <param name="plugin">The plugin's name.</param>
    /// <param name="settingsJson">Its settings.</param>
    /// <param name="folder">The folder that relative paths in the settings are relative to.</param>
    /// <exception cref="PluginException">The settings are no JSON object.</exception>
    public static IReadOnlySet<string> Of(string plugin, string settingsJson, string folder)
    {
        try
        {
            using var settings = JsonDocument.Parse(settingsJson);
            if (settings.RootElement.ValueKind != JsonValueKind.Object)
                throw new PluginException($"The settings of plugin '{plugin}' are {settings.RootElement.ValueKind}, not an object with keys.");

            var texts = Texts(settings.RootElement).ToHashSet(StringComparer.Ordinal);
            var top = settings.RootElement.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.String).ToList();
            texts.UnionWith(texts.Select(text => FillIn(text, top)).ToList());
            texts.UnionWith(texts.Where(text => IsRelativePath(text)).Select(text => Path.GetFullPath(text, folder)).ToList());
            return texts;
        }
        catch (JsonException exception)
        {
            throw new PluginException($"The settings of plugin '{plugin}' are not valid JSON: {exception.Message}", exception);
        }
    }

    private static string FillIn(string text, IEnumerable<JsonProperty> settings) =>
        settings.Aggregate(text, (filled, setting) => filled.Replace($"{{{setting.Name}}}", setting.Value.GetString(), StringComparison.Ordinal));

    // A bare name is looked up on PATH, not beside the configuration.
    private static bool IsRelativePath(string text) => text.Contains('/', StringComparison.Ordinal) && !Path.IsPathRooted(text) && !text.Contains('\0', StringComparison.Ordinal);

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!], // The kind says that there is a text.
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Texts(property.Value)),
        _ => [],
    };
}
