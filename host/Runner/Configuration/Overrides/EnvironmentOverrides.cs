namespace DelphiRunner.Runner.Configuration.Overrides;

/// <summary>The environment variables that operators of the Python poller know. An explicit list; a blank one counts as not set.</summary>
internal sealed class EnvironmentOverrides(IReadOnlyDictionary<string, string> environment, ConfigurationFindings findings)
{
    public RunnerConfiguration Apply(RunnerConfiguration configuration) =>
        DelphiSettingsOverrides.Apply(configuration, Variable)
            .WithInstanceSize(Variable("INSTANCE_SIZE"))
            .WithEndpoint(Variable("DYNAMODB_ENDPOINT"))
            .WithRegion(Variable("AWS_REGION"))
            .WithInterval(Variable("DELPHI_POLLING_INTERVAL") ?? Variable("POLL_INTERVAL"))
            .WithSlots(Variable("DELPHI_MAX_WORKERS"))
            .WithTimeLimit(Variable("DELPHI_DEFAULT_TIMEOUT"))
            .WithLastLines(Variable("DELPHI_MAX_OUTPUT_LINES"))
            .WithLogLevel(Variable("LOG_LEVEL"));

    private Override? Variable(string name) =>
        environment.GetValueOrDefault(name)?.Trim() is { Length: > 0 } text ? new Override($"environment variable {name}", text, findings) : null;
}
