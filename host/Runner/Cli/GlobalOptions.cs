using System.CommandLine;
using DelphiRunner.Runner.Configuration;
using DelphiRunner.Runner.Configuration.Overrides;

namespace DelphiRunner.Runner.Cli;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string?> _config = Text("--config", "FILE", "The configuration file. Default: $DELPHI_RUNNER_CONFIG, else runner.yaml in the current folder.");
    private readonly Option<string?> _endpoint = Text("--endpoint-url", "URL", "The endpoint of a DynamoDB store (store.endpoint).");
    private readonly Option<string?> _region = Text("--region", "REGION", "The region of a DynamoDB store (store.region).");
    private readonly Option<string?> _interval = Text("--interval", "SECONDS", "How long an idle host waits between two looks at the queue (polling.interval).");
    private readonly Option<string?> _maxWorkers = Text("--max-workers", "N", "Jobs at once on this host (slots).");
    private readonly Option<string?> _logLevel = Text("--log-level", "LEVEL", "The lowest level that is logged (logging.level).");

    public GlobalOptions()
    {
        Output = Text("--output", "FORMAT", "How results are printed: text or json. Default: text.").AcceptOnlyFromAmong("text", "json");
    }

    /// <summary>The option that chooses between text and JSON.</summary>
    public Option<string?> Output { get; }

    public void AddTo(Command root)
    {
        foreach (var option in new[] { _config, Output, _endpoint, _region, _interval, _maxWorkers, _logLevel })
        {
            root.Add(option);
        }
    }

    /// <summary>Tells whether JSON was asked for, also on a command line that is wrong elsewhere.</summary>
    public bool WantsJson(ParseResult parsed) => parsed.GetResult(Output)?.Tokens is [{ Value: "json" }];

    public ConfigurationSources Sources(ParseResult parsed) => new()
    {
        File = parsed.GetValue(_config),
        CurrentFolder = System.Environment.CurrentDirectory,
        Environment = ProcessEnvironment(),
        CommandLine = new CommandLineOverrides
        {
            EndpointUrl = parsed.GetValue(_endpoint),
            Region = parsed.GetValue(_region),
            Interval = parsed.GetValue(_interval),
            MaxWorkers = parsed.GetValue(_maxWorkers),
            LogLevel = parsed.GetValue(_logLevel),
        },
    };

    // Texts, not numbers: what does not fit is reported with the other problems of the configuration.
    private static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description, Recursive = true };

    private static Dictionary<string, string> ProcessEnvironment() =>
        System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(
            variable => (string)variable.Key,
            variable => (string?)variable.Value ?? "",
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
}
