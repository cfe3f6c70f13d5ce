using System.Text.Json.Nodes;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Configuration;

/// <summary>The configuration in force as JSON, with the keys, units and words of <c>runner.yaml</c>; keys without a value are null.</summary>
internal static class ConfigurationView
{
    public static JsonObject Of(RunnerConfiguration configuration) => new()
    {
        ["store"] = new JsonObject
        {
            ["kind"] = configuration.Store.Kind == StoreKind.Sqlite ? "sqlite" : "dynamodb",
            ["path"] = configuration.Store.Path,
            ["endpoint"] = configuration.Store.Endpoint,
            ["region"] = configuration.Store.Region,
            ["table"] = configuration.Store.Table,
        },
        ["state"] = configuration.State,
        ["slots"] = configuration.Serving.Slots,
        ["instance"] = new JsonObject
        {
            ["size"] = configuration.Instance.Size,
            ["rule"] = configuration.Instance.Rule == InstanceRule.LargeOnly ? "large_only" : "strict",
        },
        ["polling"] = new JsonObject { ["interval"] = Quantities.FormatDuration(configuration.Polling.Interval) },
        ["claims"] = new JsonObject
        {
            ["length"] = Quantities.FormatDuration(configuration.Claims.Length),
            ["max_attempts"] = configuration.Claims.MaxAttempts,
            ["min_free_disk"] = Quantities.FormatSize(configuration.Claims.MinFreeDisk),
        },
        ["serve"] = configuration.Serving.Serve is { } serve ? Texts(serve) : "all",
        ["unknown_job_types"] = configuration.Serving.UnknownJobTypes == UnknownJobTypes.Fail ? "fail" : "leave",
        ["known_job_types"] = Texts(configuration.Serving.KnownJobTypes),
        ["job_types"] = new JsonObject(configuration.JobTypes.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)OfJobType(pair.Value)))),
        ["execution"] = new JsonObject
        {
            ["time_limit"] = Quantities.FormatDuration(configuration.Execution.TimeLimit),
            ["last_lines"] = configuration.Execution.LastLines,
            ["keep_lines"] = Texts(configuration.Execution.KeepLines),
            ["levels"] = new JsonObject
            {
                ["ERROR"] = Texts(configuration.Execution.Levels.Error),
                ["WARNING"] = Texts(configuration.Execution.Levels.Warning),
                ["INFO"] = Texts(configuration.Execution.Levels.Information),
            },
            ["max_line_bytes"] = Quantities.FormatSize(configuration.Execution.MaxLineBytes),
            ["max_spool_bytes"] = Quantities.FormatSize(configuration.Execution.MaxSpoolBytes),
            ["sandbox"] = configuration.Execution.Sandbox.ToString().ToLowerInvariant(),
            ["nice"] = configuration.Execution.Nice,
        },
        ["retention"] = new JsonObject
        {
            ["failed_work_folders"] = configuration.Retention.FailedWorkFolders is { } failed ? Quantities.FormatDuration(failed) : null,
        },
        ["security"] = new JsonObject
        {
            ["programs"] = configuration.Security.Programs is { } programs ? Texts(programs) : null,
            ["program_hashes"] = TextsByName(configuration.Security.ProgramHashes),
            ["working_folders"] = configuration.Security.WorkingFolders is { } folders ? Texts(folders) : null,
            ["secret_files"] = TextsByName(configuration.Security.SecretFiles),
            ["environment"] = new JsonObject
            {
                ["inherit"] = Texts(configuration.Security.Environment.Inherit),
                ["rows_may_set"] = Texts(configuration.Security.Environment.RowsMaySet),
                ["older_prefixes"] = configuration.Security.Environment.OlderPrefixes,
            },
        },
        ["plugins"] = OfPlugins(configuration.Plugins),
        ["logging"] = new JsonObject
        {
            ["level"] = configuration.Logging.Level.ToString(),
            ["format"] = configuration.Logging.Format == LogFormat.Json ? "json" : "text",
            ["file"] = configuration.Logging.File,
        },
    };

    private static JsonObject OfJobType(JobTypeOptions options) => new()
    {
        ["slots"] = options.Slots,
        ["time_limit"] = options.TimeLimit is { } limit ? Quantities.FormatDuration(limit) : null,
        ["exclusive_by"] = options.ExclusiveBy,
        ["stop"] = new JsonObject
        {
            ["signal"] = options.Stop.Signal.ToString().ToUpperInvariant(),
            ["grace"] = Quantities.FormatDuration(options.Stop.Grace),
        },
        ["sandbox"] = options.Confinement.Sandbox?.ToString().ToLowerInvariant(),
        ["strict"] = OfStrict(options.Confinement.Strict),
        ["user"] = options.Confinement.User,
        ["limits"] = OfLimits(options.Confinement.Limits),
        ["secrets"] = new JsonArray([.. options.Secrets.Select(OfSecret)]),
    };

    private static JsonNode OfSecret(SecretGrant secret) =>
        secret.AsFile ? new JsonObject { ["name"] = secret.Name, ["as"] = "file" } : JsonValue.Create(secret.Name);

    private static JsonObject OfStrict(StrictOptions strict) => new()
    {
        ["writable"] = Texts(strict.Writable),
        ["readable"] = Texts(strict.Readable),
        ["private_size"] = strict.PrivateBytes is { } bytes ? Quantities.FormatSize(bytes) : null,
        ["network"] = strict.Network,
    };

    private static JsonObject OfLimits(LimitOptions limits) => new()
    {
        ["memory"] = limits.MemoryBytes is { } memory ? Quantities.FormatSize(memory) : null,
        ["cpu_time"] = limits.CpuTime is { } cpu ? Quantities.FormatDuration(cpu) : null,
        ["open_files"] = limits.OpenFiles,
        ["processes"] = limits.Processes,
        ["file_size"] = limits.FileSizeBytes is { } size ? Quantities.FormatSize(size) : null,
    };

    private static JsonObject OfPlugins(PluginOptions plugins) => new()
    {
        ["folder"] = plugins.Folder,
        ["on_error"] = plugins.OnError == PluginErrorMode.Stop ? "stop" : "quarantine",
        ["settings"] = new JsonObject(plugins.Settings.Select(pair => KeyValuePair.Create(pair.Key, JsonNode.Parse(pair.Value)))),
        ["routes"] = new JsonObject(plugins.Routes.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };

    private static JsonObject TextsByName(IReadOnlyDictionary<string, string> texts) =>
        new(texts.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))));

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
