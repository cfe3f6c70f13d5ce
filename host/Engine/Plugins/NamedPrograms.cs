using System.Text.Json;

namespace DelphiRunner.Engine.Plugins;

/// <summary>Reads which programs a plugin's settings could name: every text in them.</summary>
internal static class NamedPrograms
{
    /// <summary>Collects the texts of the settings, at any depth, without the keys.</summary>
    /// <exception cref="PluginException">The settings are no JSON object.</exception>
    public static IReadOnlySet<string> Of(string plugin, string settingsJson)
    {
        try
        {
            using var settings = JsonDocument.Parse(settingsJson);
            if (settings.RootElement.ValueKind != JsonValueKind.Object)
                throw new PluginException($"The settings of plugin '{plugin}' are {settings.RootElement.ValueKind}, not an object with keys.");

            return Texts(settings.RootElement).ToHashSet(StringComparer.Ordinal);
        }
        catch (JsonException exception)
        {
            throw new PluginException($"The settings of plugin '{plugin}' are not valid JSON: {exception.Message}", exception);
        }
    }

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!], // The kind says that there is a text.
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Texts(property.Value)),
        _ => [],
    };
}
