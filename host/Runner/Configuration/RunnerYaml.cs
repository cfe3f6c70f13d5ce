using DelphiRunner.Engine;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Configuration;

/// <summary>Reads the sections of <c>runner.yaml</c>: the keys, their kinds and ranges. What spans several keys is <see cref="CrossChecks"/>.</summary>
/// <remarks>A value that is wrong or missing is reported and replaced by its default, so that reading goes on to the next problem.</remarks>
internal sealed class RunnerYaml(string file, ConfigurationFindings findings)
{
    private readonly string _folder = Path.GetDirectoryName(file)!; // A file's path always has a folder.

    public RunnerConfiguration Read(YamlMap root)
    {
        var yaml = new YamlSection(root, "", findings);
        var configuration = new RunnerConfiguration
        {
            File = file,
            Store = ReadStore(yaml.Required("store", "store: { kind: sqlite, path: state/queue.db }")?.Section()),
            State = Absolute(yaml.Optional("state")?.Text() ?? "state"),
            Serving = ReadServing(yaml),
            Instance = ReadInstance(yaml.Optional("instance")?.Section()),
            Polling = ReadPolling(yaml.Optional("polling")?.Section()),
            Claims = ReadClaims(yaml.Optional("claims")?.Section()),
            JobTypes = ReadJobTypes(yaml.Optional("job_types")),
            Execution = CommandSections.ReadExecution(yaml.Optional("execution")?.Section()),
            Retention = ReadRetention(yaml.Optional("retention")?.Section()),
            Security = CommandSections.ReadSecurity(yaml.Optional("security")?.Section(), _folder),
            Plugins = ReadPlugins(yaml.Required("plugins", "plugins: { folder: artifacts/plugins }")?.Section()),
            Logging = ReadLogging(yaml.Optional("logging")?.Section()),
        };
        yaml.ReportUnknownKeys();
        return configuration;
    }

    private StoreOptions ReadStore(YamlSection? yaml)
    {
        var store = new StoreOptions
        {
            Kind = yaml?.Required("kind", "kind: sqlite")?.Choice(("sqlite", StoreKind.Sqlite), ("dynamodb", StoreKind.DynamoDb)) ?? default,
            Path = Absolute(yaml?.Optional("path")?.Text()),
            Endpoint = yaml?.Optional("endpoint")?.Text(),
            Region = yaml?.Optional("region")?.Text(),
            Table = yaml?.Optional("table")?.Text(),
        };
        yaml?.ReportUnknownKeys();
        return store;
    }

    private static ServingOptions ReadServing(YamlSection yaml)
    {
        var defaults = new ServingOptions();
        return new ServingOptions
        {
            Slots = yaml.Optional("slots")?.Whole(1, Limits.MostSlots) ?? defaults.Slots,
            Serve = ReadServe(yaml.Optional("serve")),
            UnknownJobTypes = yaml.Optional("unknown_job_types")?.Choice(("leave", UnknownJobTypes.Leave), ("fail", UnknownJobTypes.Fail)) ?? default,
            KnownJobTypes = yaml.Optional("known_job_types")?.Texts()?.ToHashSet(StringComparer.Ordinal) ?? defaults.KnownJobTypes,
        };
    }

    private static HashSet<string>? ReadServe(YamlValue? yaml)
    {
        if (yaml is null or { Node: YamlScalar { Value: "all" } })
            return null;
        if (yaml.Node is YamlScalar)
            return yaml.Report<HashSet<string>>($"It wants 'all' or a list of job types, and has {yaml.Node.Describe()}.");
        if (yaml.Node is YamlList { Items.Count: 0 })
            return yaml.Report<HashSet<string>>("The list is empty, so this host would take no job at all. List job types, or write 'all'.");
        return yaml.Texts()?.ToHashSet(StringComparer.Ordinal);
    }

    private static InstanceOptions ReadInstance(YamlSection? yaml)
    {
        var instance = new InstanceOptions
        {
            Size = yaml?.Optional("size")?.Word(InstanceOptions.Sizes),
            Rule = yaml?.Optional("rule")?.Choice(("strict", InstanceRule.Strict), ("large_only", InstanceRule.LargeOnly)) ?? default,
        };
        yaml?.ReportUnknownKeys();
        return instance;
    }

    private static PollingOptions ReadPolling(YamlSection? yaml)
    {
        var interval = yaml?.Optional("interval")?.Duration(Limits.ShortestInterval, Limits.LongestInterval);
        yaml?.ReportUnknownKeys();
        return new PollingOptions { Interval = interval ?? new PollingOptions().Interval };
    }

    private static ClaimOptions ReadClaims(YamlSection? yaml)
    {
        var defaults = new ClaimOptions();
        var claims = new ClaimOptions
        {
            Length = yaml?.Optional("length")?.Duration(TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)) ?? defaults.Length,
            MaxAttempts = yaml?.Optional("max_attempts")?.Whole(1, 100) ?? defaults.MaxAttempts,
            MinFreeDisk = yaml?.Optional("min_free_disk")?.Size(0, 1L << 40) ?? defaults.MinFreeDisk,
        };
        yaml?.ReportUnknownKeys();
        return claims;
    }

    private static RetentionOptions ReadRetention(YamlSection? yaml)
    {
        var folders = yaml?.Optional("failed_work_folders")?.Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
        yaml?.ReportUnknownKeys();
        return new RetentionOptions { FailedWorkFolders = folders };
    }

    private static Dictionary<string, JobTypeOptions> ReadJobTypes(YamlValue? yaml) =>
        (yaml?.Entries() ?? []).ToDictionary(entry => entry.Key, entry => CommandSections.ReadJobType(entry.Value.Section()), StringComparer.Ordinal);

    private PluginOptions ReadPlugins(YamlSection? yaml)
    {
        var plugins = new PluginOptions
        {
            Folder = Absolute(yaml?.Required("folder", "folder: artifacts/plugins")?.Text() ?? ""),
            OnError = yaml?.Optional("on_error")?.Choice(("quarantine", PluginErrorMode.Quarantine), ("stop", PluginErrorMode.Stop)) ?? default,
            Settings = (yaml?.Optional("settings")?.Entries() ?? [])
                .ToDictionary(entry => entry.Key, entry => entry.Value.JsonObject(_folder) ?? "{}", StringComparer.Ordinal),
            Routes = (yaml?.Optional("routes")?.Entries() ?? [])
                .ToDictionary(entry => entry.Key, entry => entry.Value.Text() ?? "", StringComparer.Ordinal),
        };
        yaml?.ReportUnknownKeys();
        return plugins;
    }

    private LoggingOptions ReadLogging(YamlSection? yaml)
    {
        var defaults = new LoggingOptions();
        var level = defaults.Level;
        if (yaml?.Optional("level") is { } value && value.Text() is { } text && !LoggingOptions.TryParseLevel(text, out level))
            value.Report<string>(Limits.LogLevelRule(text));
        var logging = new LoggingOptions
        {
            Level = level,
            Format = yaml?.Optional("format")?.Choice(("text", LogFormat.Text), ("json", LogFormat.Json)) ?? defaults.Format,
            File = Absolute(yaml?.Optional("file")?.Text()),
        };
        yaml?.ReportUnknownKeys();
        return logging;
    }

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(path))]
    private string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path, _folder);
}
