using System.Text.Json;
using DelphiRunner.Engine.Plugins.Preflight;

namespace DelphiRunner.Engine.Plugins;

/// <summary>The programs and folders that a plugin's settings could name, and those that a handler of it declares.</summary>
internal sealed record NamedByPlugin
{
    /// <summary>The texts as programs; relative paths are there as absolute ones, too.</summary>
    public required IReadOnlySet<string> Programs { get; init; }

    /// <summary>The texts as folders: absolute paths, of which most lead nowhere.</summary>
    public required IReadOnlySet<string> Folders { get; init; }

    /// <summary>Collects the texts of the settings, at any depth, without the keys; also with the <c>{name}</c> of another text setting filled in.</summary>
    /// <param name="plugin">The plugin's name.</param>
    /// <param name="settingsJson">Its settings.</param>
    /// <param name="folder">The folder that relative paths in the settings are relative to.</param>
    /// <exception cref="PluginException">The settings are no JSON object.</exception>
    public static NamedByPlugin In(string plugin, string settingsJson, string folder)
    {
        try
        {
            using var settings = JsonDocument.Parse(settingsJson);
            if (settings.RootElement.ValueKind != JsonValueKind.Object)
                throw new PluginException($"The settings of plugin '{plugin}' are {settings.RootElement.ValueKind}, not an object with keys.");

            var texts = Texts(settings.RootElement).ToHashSet(StringComparer.Ordinal);
            var top = settings.RootElement.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.String).ToList();
            texts.UnionWith(texts.Select(text => FillIn(text, top)).ToList());
            return new NamedByPlugin
            {
                Programs = texts.Union(texts.Where(IsRelativePath).Select(text => Path.GetFullPath(text, folder))).ToHashSet(StringComparer.Ordinal),
                Folders = texts.Where(MayBePath).Select(text => Path.GetFullPath(text, folder)).ToHashSet(StringComparer.Ordinal),
            };
        }
        catch (JsonException exception)
        {
            throw new PluginException($"The settings of plugin '{plugin}' are not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Adds what a handler declares.</summary>
    public NamedByPlugin With(DeclaredHandler declared) => new()
    {
        Programs = Programs.Union(declared.Programs).ToHashSet(StringComparer.Ordinal),
        Folders = Folders.Union(declared.Folders).ToHashSet(StringComparer.Ordinal),
    };

    private static string FillIn(string text, IEnumerable<JsonProperty> settings) =>
        settings.Aggregate(text, (filled, setting) => filled.Replace($"{{{setting.Name}}}", setting.Value.GetString(), StringComparison.Ordinal));

    // A bare name is looked up on PATH, not beside the configuration.
    private static bool IsRelativePath(string text) => text.Contains('/', StringComparison.Ordinal) && !Path.IsPathRooted(text) && MayBePath(text);

    // A blank text would mean the configuration's own folder.
    private static bool MayBePath(string text) => !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal);

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!], // The kind says that there is a text.
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Texts(property.Value)),
        _ => [],
    };
}
