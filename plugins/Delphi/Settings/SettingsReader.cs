using System.Collections.Frozen;
using System.Text.Json;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>Reads the settings strictly and reports all that is wrong with them together.</summary>
internal static class SettingsReader
{
    private const string Path = "plugins.settings.Delphi";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(30);

    /// <summary>Reads the settings.</summary>
    /// <param name="settings">The plugin's section.</param>
    /// <param name="hostVariable">Reads a variable of the host's own environment.</param>
    /// <exception cref="InvalidSettingsException">At least one key or value is wrong.</exception>
    public static DelphiSettings Read(HandlerSettings settings, Func<string, string?> hostVariable)
    {
        var problems = new List<string>();
        var top = new SettingsSection(Path, ParseObject(settings.Json), problems);
        var appPath = settings.ResolvePath(top.Text("app_path") ?? DelphiSettings.DefaultAppPath);
        var texts = new CommandText(appPath, settings);

        var read = new DelphiSettings
        {
            AppPath = appPath,
            Commands = ReadCommands(top.Section("commands"), texts),
            Flags = ReadFlags(top.Section("flags")),
            Bucket = top.Text("bucket") ?? NotBlank(hostVariable("AWS_S3_BUCKET_NAME")),
            S3Endpoint = ReadEndpoint(top, hostVariable),
            Model = top.Text("model") ?? NotBlank(hostVariable("ANTHROPIC_MODEL")),
            HonorJobModel = top.Boolean("honor_job_model", otherwise: false),
            MaxBatchSize = top.Whole("max_batch_size", 1, 100_000, otherwise: 20),
            Recheck = ReadRecheck(top.Section("recheck")),
            Sizes = ReadSizes(top.Section("sizes")),
            Database = DatabaseReader.Read(top.Section("database"), hostVariable),
            CheckFailureRetries = (int)top.Whole("check_failure_retries", 0, 100, otherwise: 3),
            Environment = EnvironmentReader.Read(top, texts, hostVariable),
            Limits = EnvironmentReader.ReadLimits(hostVariable),
        };
        top.RefuseOtherKeys();
        return problems.Count == 0 ? read : throw new InvalidSettingsException(string.Join(Environment.NewLine, problems));
    }

    private static JsonElement ParseObject(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new InvalidSettingsException($"{Path} is {SeenText.Quote(json)}; it must be a map.");
        }
        catch (JsonException exception)
        {
            throw new InvalidSettingsException($"{Path} is {SeenText.Quote(json)}, which is not a JSON object: {exception.Message}", exception);
        }
    }

    private static DelphiCommands ReadCommands(SettingsSection section, CommandText texts)
    {
        var commands = new DelphiCommands
        {
            FullPipeline = ReadCommand(section, texts, "full_pipeline", "{app_path}/run_delphi.py"),
            CreateNarrativeBatch = ReadCommand(section, texts, "create_narrative_batch", "{app_path}/umap_narrative/801_narrative_report_batch.py"),
            CheckNarrativeBatch = ReadCommand(section, texts, "check_narrative_batch", "{app_path}/umap_narrative/803_check_batch_status.py"),
        };
        section.RefuseOtherKeys();
        return commands;
    }

    private static IReadOnlyList<string> ReadCommand(SettingsSection section, CommandText texts, string key, string script)
    {
        var command = section.Texts(key) ?? ["python", script];
        if (command.Count == 0)
        {
            section.Problem(key, "is an empty list; it must hold a program and then its leading arguments.");
            return [];
        }

        foreach (var placeholder in command.SelectMany(CommandText.UnknownPlaceholders))
        {
            section.Problem(key, $"holds {placeholder}; the placeholders are {{app_path}} and {{config}}.");
        }

        return texts.ExpandCommand(command);
    }

    private static DelphiFlags ReadFlags(SettingsSection section)
    {
        var flags = new DelphiFlags
        {
            FullPipeline = ReadFlags(section, "full_pipeline", KnownNames.FullPipelineFlags),
            CreateNarrativeBatch = ReadFlags(section, "create_narrative_batch", KnownNames.CreateNarrativeBatchFlags),
        };
        // The check has no optional flag; an empty list is what a complete configuration may say.
        ReadFlags(section, "check_narrative_batch", []);
        section.RefuseOtherKeys();
        return flags;
    }

    private static FrozenSet<string> ReadFlags(SettingsSection section, string key, IReadOnlyList<string> known)
    {
        var flags = section.Texts(key) ?? known;
        foreach (var flag in flags.Except(known, StringComparer.Ordinal))
        {
            section.Problem(key, $"holds '{flag}', which is no optional flag of that command. {KnownNames.Suggest(flag, known)}");
        }

        return flags.ToFrozenSet(StringComparer.Ordinal);
    }

    private static RecheckSettings ReadRecheck(SettingsSection section)
    {
        var standard = new RecheckSettings();
        var recheck = new RecheckSettings
        {
            FirstDelay = section.Duration("first_delay", LongestDuration, standard.FirstDelay),
            LongestDelay = section.Duration("longest_delay", LongestDuration, standard.LongestDelay),
            Limit = section.Duration("limit", LongestDuration, standard.Limit),
        };
        section.RefuseOtherKeys();
        if (recheck.LongestDelay < recheck.FirstDelay)
        {
            section.Problem("longest_delay", $"is {recheck.LongestDelay}; it must not be shorter than first_delay, {recheck.FirstDelay}.");
        }

        return recheck;
    }

    private static SizeSettings ReadSizes(SettingsSection section)
    {
        var standard = new SizeSettings();
        var sizes = new SizeSettings
        {
            LargeAbove = section.Whole("large_above", 0, 1_000_000_000, standard.LargeAbove),
            Keep = section.Duration("keep", TimeSpan.FromDays(1), standard.Keep),
            Timeout = section.Duration(
                "timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(8), standard.Timeout, "a duration from 100ms to 8s"),
        };
        section.RefuseOtherKeys();
        return sizes;
    }

    private static string? ReadEndpoint(SettingsSection top, Func<string, string?> hostVariable)
    {
        var endpoint = top.Text("s3_endpoint") ?? NotBlank(hostVariable("AWS_S3_ENDPOINT"));
        if (endpoint is not null && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
        {
            top.Problem("s3_endpoint", $"(or AWS_S3_ENDPOINT) is {SeenText.Quote(endpoint)}; it must be an http or https address.");
        }

        return endpoint?.TrimEnd('/');
    }

    private static string? NotBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
