using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Configuration;

/// <summary>Reads the keys of a job type that say how its commands are confined.</summary>
internal static class ConfinementSections
{
    /// <param name="jobType">The section of the job type; it reports unknown keys itself.</param>
    public static ConfinementOptions Read(YamlSection? jobType) => new()
    {
        Sandbox = jobType?.Optional("sandbox")?.Choice(
            ("processes", SandboxProfile.Processes), ("strict", SandboxProfile.Strict), ("off", SandboxProfile.Off)),
        Strict = ReadStrict(jobType?.Optional("strict")?.Section()),
        User = jobType?.Optional("user")?.Text(),
        Limits = ReadLimits(jobType?.Optional("limits")?.Section()),
    };

    private static StrictOptions ReadStrict(YamlSection? yaml)
    {
        var defaults = new StrictOptions();
        var strict = new StrictOptions
        {
            Writable = ReadPaths(yaml?.Optional("writable")) ?? defaults.Writable,
            Readable = ReadPaths(yaml?.Optional("readable")) ?? defaults.Readable,
            PrivateBytes = yaml?.Optional("private_size")?.Size(1L << 20, 1L << 50) ?? defaults.PrivateBytes,
            Network = yaml?.Optional("network")?.Flag() ?? defaults.Network,
        };
        yaml?.ReportUnknownKeys();
        return strict;
    }

    private static LimitOptions ReadLimits(YamlSection? yaml)
    {
        var limits = new LimitOptions
        {
            MemoryBytes = yaml?.Optional("memory")?.Size(16L << 20, 1L << 50),
            CpuTime = yaml?.Optional("cpu_time")?.Duration(Limits.ShortestTimeLimit, Limits.LongestTimeLimit),
            OpenFiles = yaml?.Optional("open_files")?.Whole(16, 1 << 20),
            Processes = yaml?.Optional("processes")?.Whole(4, 100_000),
            FileSizeBytes = yaml?.Optional("file_size")?.Size(4L << 10, 1L << 50),
        };
        yaml?.ReportUnknownKeys();
        return limits;
    }

    private static IReadOnlyList<string>? ReadPaths(YamlValue? yaml)
    {
        var paths = yaml?.Texts();
        foreach (var path in paths ?? [])
        {
            // An empty text stands for an item that was reported already.
            if (path.Length > 0 && !Path.IsPathFullyQualified(path))
                yaml!.Report<string>($"'{path}' is no absolute path.");
        }

        return paths;
    }
}
