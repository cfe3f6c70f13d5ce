using System.Globalization;

namespace DelphiRunner.PythonPoller;

internal sealed record PollerArguments
{
    public required string Endpoint { get; init; }

    public required string Table { get; init; }

    public required TimeSpan Interval { get; init; }

    public required string Scripts { get; init; }

    public TimeSpan ClockAhead { get; init; }

    /// <summary>What this poller takes for the time.</summary>
    public DateTimeOffset Now => DateTimeOffset.UtcNow + ClockAhead;

    public static PollerArguments? Parse(string[] args)
    {
        var values = args.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
        return values.TryGetValue("--endpoint-url", out var endpoint)
            && values.TryGetValue("--table", out var table)
            && values.TryGetValue("--interval", out var interval)
            && values.TryGetValue("--scripts", out var scripts)
                ? new PollerArguments
                {
                    Endpoint = endpoint,
                    Table = table,
                    Interval = Seconds(interval),
                    Scripts = scripts,
                    ClockAhead = values.TryGetValue("--clock-ahead", out var ahead) ? Seconds(ahead) : TimeSpan.Zero,
                }
                : null;
    }

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture));
}
