using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner.Configuration;

/// <summary>The forms of the host's own log.</summary>
internal enum LogFormat
{
    /// <summary>Lines for a person.</summary>
    Text,

    /// <summary>One compact JSON object a line.</summary>
    Json,
}

/// <summary>The section <c>logging</c>.</summary>
internal sealed record LoggingOptions
{
    /// <summary>The lowest level that is written: Trace, Debug, Information, Warning, Error or Critical. Default: Information.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>Default: <see cref="LogFormat.Text"/>.</summary>
    public LogFormat Format { get; init; }

    /// <summary>The absolute path of a file that gets the log beside standard error, a new one each day and at 64 MiB. Default: none.</summary>
    public string? File { get; init; }

    /// <summary>Reads a level by its name or by the name that Python gives it (<c>INFO</c>), in any case.</summary>
    public static bool TryParseLevel(string text, out LogLevel level)
    {
        level = text.ToUpperInvariant() switch
        {
            "TRACE" => LogLevel.Trace,
            "DEBUG" => LogLevel.Debug,
            "INFORMATION" or "INFO" => LogLevel.Information,
            "WARNING" => LogLevel.Warning,
            "ERROR" => LogLevel.Error,
            "CRITICAL" => LogLevel.Critical,
            _ => LogLevel.None,
        };
        return level != LogLevel.None;
    }
}
