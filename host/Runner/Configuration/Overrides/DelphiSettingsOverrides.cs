using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DelphiRunner.Runner.Configuration.Overrides;

/// <summary>The older environment names that reach the settings of the Delphi plugin.</summary>
internal static class DelphiSettingsOverrides
{
    private const string Plugin = "Delphi";
    private const string Path = $"plugins.settings.{Plugin}";
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static RunnerConfiguration Apply(RunnerConfiguration configuration, Func<string, Override?> variable)
    {
        var before = configuration.Plugins.Settings.GetValueOrDefault(Plugin) ?? "{}";
        var settings = JsonNode.Parse(before)!.AsObject(); // Settings are always an object.

        if (variable("DELPHI_APP_PATH") is { } folder)
            settings["app_path"] = folder.Text($"{Path}.app_path");
        if (variable("DELPHI_DEFAULT_MODEL") is { } model)
            settings["model"] = model.Text($"{Path}.model");
        if (variable("DELPHI_DEFAULT_BATCH_SIZE") is { } size)
            settings["max_batch_size"] = size.Whole($"{Path}.max_batch_size", 1, 100_000, 20);
        SetCommand(settings, "full_pipeline", variable("DELPHI_RUN_SCRIPT"));
        SetCommand(settings, "create_narrative_batch", variable("DELPHI_NARRATIVE_BATCH_SCRIPT"));
        SetCommand(settings, "check_narrative_batch", variable("DELPHI_BATCH_STATUS_SCRIPT"));

        var after = settings.ToJsonString(AsWritten);
        return after == JsonNode.Parse(before)!.ToJsonString(AsWritten)
            ? configuration
            : configuration with
            {
                Plugins = configuration.Plugins with
                {
                    Settings = new Dictionary<string, string>(configuration.Plugins.Settings, StringComparer.Ordinal) { [Plugin] = after },
                },
            };
    }

    private static void SetCommand(JsonObject settings, string command, Override? script)
    {
        if (script is null)
            return;
        if (settings["commands"] is not JsonObject commands)
            settings["commands"] = commands = [];
        commands[command] = new JsonArray("python", script.Text($"{Path}.commands.{command}"));
    }
}
