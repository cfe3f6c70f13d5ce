namespace DelphiRunner.Runner.Configuration.Overrides;

/// <summary>The keys that the environment and the command line can set as well as the file; null leaves the value before.</summary>
internal static class OverridableKeys
{
    public static RunnerConfiguration WithEndpoint(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with { Store = configuration.Store with { Endpoint = value.Text("store.endpoint") } };

    public static RunnerConfiguration WithRegion(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with { Store = configuration.Store with { Region = value.Text("store.region") } };

    public static RunnerConfiguration WithInstanceSize(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with { Instance = configuration.Instance with { Size = value.InstanceSize("instance.size") } };

    public static RunnerConfiguration WithInterval(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with
        {
            Polling = configuration.Polling with
            {
                Interval = value.Seconds("polling.interval", Limits.ShortestInterval, Limits.LongestInterval, configuration.Polling.Interval),
            },
        };

    public static RunnerConfiguration WithSlots(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with
        {
            Serving = configuration.Serving with { Slots = value.Whole("slots", 1, Limits.MostSlots, configuration.Serving.Slots) },
        };

    public static RunnerConfiguration WithTimeLimit(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with
        {
            Execution = configuration.Execution with
            {
                TimeLimit = value.Seconds("execution.time_limit", Limits.ShortestTimeLimit, Limits.LongestTimeLimit, configuration.Execution.TimeLimit),
            },
        };

    public static RunnerConfiguration WithLastLines(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with
        {
            Execution = configuration.Execution with
            {
                LastLines = value.Whole("execution.last_lines", Limits.FewestLastLines, Limits.MostLastLines, configuration.Execution.LastLines),
            },
        };

    public static RunnerConfiguration WithLogLevel(this RunnerConfiguration configuration, Override? value) =>
        value is null ? configuration : configuration with
        {
            Logging = configuration.Logging with { Level = value.Level("logging.level", configuration.Logging.Level) },
        };
}
