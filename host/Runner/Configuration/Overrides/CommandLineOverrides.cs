namespace DelphiRunner.Runner.Configuration.Overrides;

/// <summary>The options that operators of the Python poller know, as they were written; null for those that were not.</summary>
internal sealed record CommandLineOverrides
{
    public string? EndpointUrl { get; init; }

    public string? Region { get; init; }

    /// <summary>Seconds.</summary>
    public string? Interval { get; init; }

    public string? MaxWorkers { get; init; }

    public string? LogLevel { get; init; }

    public RunnerConfiguration Apply(RunnerConfiguration configuration, ConfigurationFindings findings)
    {
        return configuration
            .WithEndpoint(Option("--endpoint-url", EndpointUrl))
            .WithRegion(Option("--region", Region))
            .WithInterval(Option("--interval", Interval))
            .WithSlots(Option("--max-workers", MaxWorkers))
            .WithLogLevel(Option("--log-level", LogLevel));

        Override? Option(string name, string? text) => text is null ? null : new Override($"option {name}", text, findings);
    }
}
