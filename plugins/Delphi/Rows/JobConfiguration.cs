using System.Globalization;
using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Rows;

/// <summary>A row's <c>job_config</c>: values at the top level, and those of stages, which are stored as a list or as a map by name.</summary>
internal sealed class JobConfiguration
{
    private readonly JsonElement _top;
    private readonly IReadOnlyList<Stage> _stages;

    private JobConfiguration(JsonElement top, IReadOnlyList<Stage> stages) => (_top, _stages) = (top, stages);

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="InvalidJobException">It is no JSON object, or its stages have a wrong kind; the message says where.</exception>
    public static JobConfiguration Read(Job job)
    {
        JsonElement top;
        try
        {
            using var document = JsonDocument.Parse(job.ConfigJson);
            top = document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new InvalidJobException(
                $"job_config is {SeenText.Quote(job.ConfigJson)}, which is not JSON ({exception.Message}). Submit the job again with a JSON object.",
                exception);
        }

        return top.ValueKind == JsonValueKind.Object
            ? new JobConfiguration(top, ReadStages(top))
            : throw new InvalidJobException($"job_config is {SeenText.Quote(job.ConfigJson)}; it must be a JSON object.");
    }

    /// <summary>Finds a key in the configuration of the stages, the first stage that has it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="stageName">The only stage to look at, or null for all.</param>
    public ConfigurationValue? FindInStages(string key, string? stageName = null)
    {
        foreach (var stage in _stages.Where(stage => stageName is null || stage.Name == stageName))
        {
            if (stage.Config.TryGetProperty(key, out var value) && ConfigurationValue.Of($"{stage.Where}.{key}", value) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    public ConfigurationValue? FindAtTop(string key) =>
        _top.TryGetProperty(key, out var value) ? ConfigurationValue.Of($"job_config.{key}", value) : null;

    private static List<Stage> ReadStages(JsonElement top)
    {
        if (!top.TryGetProperty("stages", out var stages))
        {
            return [];
        }

        return stages.ValueKind switch
        {
            JsonValueKind.Null => [],
            JsonValueKind.Array => [.. stages.EnumerateArray()
                .Select((entry, index) => ReadStage(string.Create(CultureInfo.InvariantCulture, $"job_config.stages[{index}]"), null, entry))
                .OfType<Stage>()],
            JsonValueKind.Object when stages.TryGetProperty("stage", out var name) && name.ValueKind == JsonValueKind.String =>
                [.. new[] { ReadStage("job_config.stages", null, stages) }.OfType<Stage>()],
            JsonValueKind.Object => [.. stages.EnumerateObject()
                .Select(entry => ReadStage($"job_config.stages.{entry.Name}", entry.Name, entry.Value))
                .OfType<Stage>()],
            _ => throw new InvalidJobException($"job_config.stages is {SeenText.Quote(stages.GetRawText())}; it must be a list or a map of stages."),
        };
    }

    /// <summary>Reads one stage. In a map the value is the stage's configuration itself, or holds it under <c>config</c>.</summary>
    private static Stage? ReadStage(string where, string? nameInMap, JsonElement entry)
    {
        if (entry.ValueKind == JsonValueKind.Null && nameInMap is not null)
        {
            return null;
        }

        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidJobException($"{where} is {SeenText.Quote(entry.GetRawText())}; a stage must be a JSON object.");
        }

        var name = entry.TryGetProperty("stage", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : nameInMap;
        if (!entry.TryGetProperty("config", out var config))
        {
            return nameInMap is null ? null : new Stage(where, name, entry);
        }

        return config.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.Object => new Stage($"{where}.config", name, config),
            _ => throw new InvalidJobException($"{where}.config is {SeenText.Quote(config.GetRawText())}; it must be a JSON object."),
        };
    }

    private sealed record Stage(string Where, string? Name, JsonElement Config);
}
