using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.DynamoDb;

namespace DelphiRunner.Runner.Configuration;

/// <summary>The rules that span several keys. Each problem is reported where the value that breaks the rule was written.</summary>
internal static class CrossChecks
{
    public static void Report(RunnerConfiguration configuration, ConfigurationFindings findings)
    {
        ReportStore(configuration.Store, findings);
        ReportServing(configuration, findings);
        ReportSlots(configuration, findings);
        ReportOpenedState(configuration, findings);
    }

    private static void ReportStore(StoreOptions store, ConfigurationFindings findings)
    {
        if (!findings.Places.ContainsKey("store.kind"))
            return;

        if (store.Kind == StoreKind.DynamoDb)
        {
            findings.ReportAt("store.path", "A DynamoDB store has no path. Remove the key, or set store.kind to sqlite.");
            if (store.Endpoint is { } endpoint && !string.IsNullOrWhiteSpace(endpoint) && !IsUrl(endpoint))
                findings.ReportAt("store.endpoint", $"'{endpoint}' is no URL. Write it for instance as http://localhost:8000, or leave it out for AWS.");
            if (store.Table is { } table && !string.IsNullOrWhiteSpace(table) && !DynamoDbOptions.IsTableName(table.Trim()))
                findings.ReportAt("store.table", $"'{table}' is no name of a table: {DynamoDbOptions.TableNameRule}");
            return;
        }

        const string Remedy = "A SQLite store has none. Remove it, or set store.kind to dynamodb.";
        findings.ReportAt("store.endpoint", $"An endpoint is set to '{store.Endpoint}'. {Remedy}");
        findings.ReportAt("store.table", $"A table is set to '{store.Table}'. {Remedy}");
        // A region alone is in the environment of every AWS machine and says nothing about the store.
        if (findings.Places.TryGetValue("store.region", out var region) && region.Line is not null)
            findings.ReportAt("store.region", $"A region is set to '{store.Region}'. {Remedy}");
        if (!findings.Places.ContainsKey("store.path"))
            findings.ReportAt("store.kind", "A SQLite store needs the key 'path'. Add for instance: path: state/queue.db");
    }

    private static bool IsUrl(string text) => Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) && url is { Scheme: "http" or "https" };

    private static void ReportServing(RunnerConfiguration configuration, ConfigurationFindings findings)
    {
        var serving = configuration.Serving;
        if (serving.UnknownJobTypes != UnknownJobTypes.Fail)
            return;

        if (serving.KnownJobTypes.Count == 0)
        {
            findings.ReportAt(
                "unknown_job_types", "'fail' needs 'known_job_types', the list of all job types that this deployment serves anywhere: all others would end failed.");
            return;
        }

        foreach (var served in serving.Serve?.Except(serving.KnownJobTypes) ?? [])
            findings.ReportAt("serve", $"'{served}' is served, but is not in known_job_types, so that other hosts would fail its jobs. Add it there.");
        foreach (var jobType in configuration.JobTypes.Keys.Except(serving.KnownJobTypes))
            findings.ReportAt($"job_types.{jobType}", $"'{jobType}' is not in known_job_types: {string.Join(", ", serving.KnownJobTypes)}. Correct the name, or add it there.");
    }

    private static void ReportSlots(RunnerConfiguration configuration, ConfigurationFindings findings)
    {
        // Fewer slots by an environment variable or an option are a choice for this run, in which a job type's limit is just not reached.
        if (findings.Places.TryGetValue("slots", out var place) && place.Line is null)
            return;

        foreach (var (jobType, options) in configuration.JobTypes)
        {
            if (options.Slots > configuration.Serving.Slots)
                findings.ReportAt(
                    $"job_types.{jobType}.slots", $"{options.Slots} is more than the {configuration.Serving.Slots} slots of this host. Lower it, or raise 'slots'.");
        }
    }

    private static void ReportOpenedState(RunnerConfiguration configuration, ConfigurationFindings findings)
    {
        foreach (var (jobType, options) in configuration.JobTypes)
        {
            Report($"job_types.{jobType}.strict.writable", options.Confinement.Strict.Writable);
            Report($"job_types.{jobType}.strict.readable", options.Confinement.Strict.Readable);
        }

        void Report(string key, IReadOnlyList<string> paths)
        {
            foreach (var path in paths.Where(path => IsWithin(configuration.State, path)))
                findings.ReportAt(key, $"'{path}' lies in the state folder, of which a command sees its own work folder alone. Remove it, or move it out of '{configuration.State}'.");
        }
    }

    // What is no absolute path has been reported.
    private static bool IsWithin(string folder, string path) =>
        Path.IsPathFullyQualified(path) && Path.GetRelativePath(folder, path) is var way
        && !Path.IsPathRooted(way) && way.Split(Path.DirectorySeparatorChar)[0] != "..";
}
