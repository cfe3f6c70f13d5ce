using System.Text.RegularExpressions;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Configuration;

/// <summary>Reads the sections that say how commands run: <c>job_types</c>, <c>execution</c> and <c>security</c>.</summary>
internal static partial class CommandSections
{
    public static JobTypeOptions ReadJobType(YamlSection? yaml)
    {
        var defaults = new JobTypeOptions();
        var options = new JobTypeOptions
        {
            Slots = yaml?.Optional("slots")?.Whole(1, Limits.MostSlots),
            TimeLimit = yaml?.Optional("time_limit")?.Duration(Limits.ShortestTimeLimit, Limits.LongestTimeLimit),
            ExclusiveBy = yaml?.Optional("exclusive_by")?.Text(),
            Stop = ReadStop(yaml?.Optional("stop")?.Section()),
            Confinement = ConfinementSections.Read(yaml),
            Secrets = ReadSecrets(yaml?.Optional("secrets")) ?? defaults.Secrets,
        };
        yaml?.ReportUnknownKeys();
        return options;
    }

    public static ExecutionOptions ReadExecution(YamlSection? yaml)
    {
        var defaults = new ExecutionOptions();
        var options = new ExecutionOptions
        {
            TimeLimit = yaml?.Optional("time_limit")?.Duration(Limits.ShortestTimeLimit, Limits.LongestTimeLimit) ?? defaults.TimeLimit,
            LastLines = yaml?.Optional("last_lines")?.Whole(Limits.FewestLastLines, Limits.MostLastLines) ?? defaults.LastLines,
            KeepLines = yaml?.Optional("keep_lines")?.Texts() ?? defaults.KeepLines,
            Levels = ReadLevels(yaml?.Optional("levels")?.Section()),
            MaxLineBytes = (int)(yaml?.Optional("max_line_bytes")?.Size(256, 1L << 20) ?? defaults.MaxLineBytes),
            MaxSpoolBytes = yaml?.Optional("max_spool_bytes")?.Size(64L << 10, 1L << 40) ?? defaults.MaxSpoolBytes,
            Sandbox = yaml?.Optional("sandbox")?.Choice(
                ("auto", SandboxMode.Auto), ("required", SandboxMode.Required), ("off", SandboxMode.Off)) ?? defaults.Sandbox,
            Nice = yaml?.Optional("nice")?.Whole(0, 19) ?? defaults.Nice,
        };
        yaml?.ReportUnknownKeys();
        return options;
    }

    public static SecurityOptions ReadSecurity(YamlSection? yaml, string folder)
    {
        var options = new SecurityOptions
        {
            Programs = yaml?.Optional("programs")?.Texts()?.Select(program => ProgramIn(folder, program)).ToList(),
            ProgramHashes = ReadHashes(yaml?.Optional("program_hashes"), folder),
            WorkingFolders = yaml?.Optional("working_folders")?.Texts()?.Select(path => Path.GetFullPath(path, folder)).ToList(),
            SecretFiles = ReadSecretFiles(yaml?.Optional("secret_files"), folder),
            Environment = ReadEnvironment(yaml?.Optional("environment")?.Section()),
        };
        yaml?.ReportUnknownKeys();
        return options;
    }

    private static LevelOptions ReadLevels(YamlSection? yaml)
    {
        var defaults = new LevelOptions();
        var levels = new LevelOptions
        {
            Error = yaml?.Optional("ERROR")?.Texts(LineMarks.Fault) ?? defaults.Error,
            Warning = yaml?.Optional("WARNING")?.Texts(LineMarks.Fault) ?? defaults.Warning,
            Information = yaml?.Optional("INFO")?.Texts(LineMarks.Fault) ?? defaults.Information,
        };
        yaml?.ReportUnknownKeys();
        return levels;
    }

    private static Dictionary<string, string> ReadHashes(YamlValue? yaml, string folder)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in yaml?.Entries(key => ProgramIn(folder, key)) ?? [])
        {
            if (value.Text() is not { } hash)
                continue;
            if (!Sha256().IsMatch(hash))
                value.Report<string>("It wants a SHA-256: 64 hexadecimal digits, as 'sha256sum' prints them.");
            if (!hashes.TryAdd(name, hash))
                value.Report<string>($"'{name}' is named twice. Remove one of the two.");
        }

        return hashes;
    }

    // A mere name is looked up on PATH, and an empty one stands for what was reported already.
    private static string ProgramIn(string folder, string program) =>
        program.Length == 0 || Path.GetFileName(program) == program ? program : Path.GetFullPath(program, folder);

    private static Dictionary<string, string> ReadSecretFiles(YamlValue? yaml, string folder)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in yaml?.Entries() ?? [])
        {
            if (!VariableName().IsMatch(name))
                value.Report<string>($"'{name}' is no name of an environment variable: letters, digits and _, not a digit first.");
            if (value.Text() is { } path)
                files[name] = Path.GetFullPath(path, folder);
        }

        return files;
    }

    private static StopOptions ReadStop(YamlSection? yaml)
    {
        var defaults = new StopOptions();
        var stop = new StopOptions
        {
            Signal = yaml?.Optional("signal")?.Choice(
                ("TERM", StopSignal.Term), ("INT", StopSignal.Int), ("HUP", StopSignal.Hup), ("QUIT", StopSignal.Quit)) ?? defaults.Signal,
            Grace = yaml?.Optional("grace")?.Duration(TimeSpan.Zero, TimeSpan.FromHours(1)) ?? defaults.Grace,
        };
        yaml?.ReportUnknownKeys();
        return stop;
    }

    /// <summary>Reads a list of which each item is a name, or a map of name and form.</summary>
    private static List<SecretGrant>? ReadSecrets(YamlValue? yaml)
    {
        if (yaml?.Items() is not { } items)
            return null;
        var grants = new List<SecretGrant>();
        foreach (var item in items)
        {
            if (ReadSecret(item) is not { } grant)
                continue;
            if (!VariableName().IsMatch(grant.Name))
                item.Report<string>($"'{grant.Name}' is no name of an environment variable: letters, digits and _, not a digit first.");
            else if (grants.Any(other => other.Name == grant.Name))
                item.Report<string>($"'{grant.Name}' stands twice in the list. Remove one of the two.");
            else if (grants.Any(other => other.Variable == grant.Variable))
                item.Report<string>($"Two secrets would be told by the variable '{grant.Variable}'. Rename one of the two.");
            grants.Add(grant);
        }

        return grants;
    }

    private static SecretGrant? ReadSecret(YamlValue yaml)
    {
        if (yaml.Node is not YamlMap)
            return yaml.Text() is { } name ? new SecretGrant(name) : null;
        var section = yaml.Section()!; // It is a map.
        var secret = section.Required("name", "name: API_KEY")?.Text();
        var asFile = section.Optional("as")?.Choice(("variable", false), ("file", true)) ?? false;
        section.ReportUnknownKeys();
        return secret is null ? null : new SecretGrant(secret, asFile);
    }

    private static EnvironmentOptions ReadEnvironment(YamlSection? yaml)
    {
        var defaults = new EnvironmentOptions();
        var environment = new EnvironmentOptions
        {
            Inherit = ReadNames(yaml?.Optional("inherit")) ?? defaults.Inherit,
            RowsMaySet = ReadNames(yaml?.Optional("rows_may_set"), orPrefixes: true) ?? defaults.RowsMaySet,
            OlderPrefixes = yaml?.Optional("older_prefixes")?.Flag() ?? defaults.OlderPrefixes,
        };
        yaml?.ReportUnknownKeys();
        return environment;
    }

    private static IReadOnlyList<string>? ReadNames(YamlValue? yaml, bool orPrefixes = false)
    {
        var names = yaml?.Texts();
        foreach (var name in names ?? [])
        {
            // An empty text stands for an item that was reported already.
            if (name.Length > 0 && !VariableName().IsMatch(orPrefixes && name.EndsWith('*') ? name[..^1] : name))
                yaml!.Report<string>($"'{name}' is no name of an environment variable: letters, digits and _, not a digit first{(orPrefixes ? ", and a * at most as the last" : "")}.");
        }

        return names;
    }

    [GeneratedRegex("^[0-9A-Fa-f]{64}$")]
    private static partial Regex Sha256();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex VariableName();
}
