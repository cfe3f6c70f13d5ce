using System.Globalization;
using DelphiRunner.Runner.Configuration;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace DelphiRunner.Runner;

/// <summary>The host's own log: standard error, so that standard output carries the lines of the jobs alone, and a file if one is named.</summary>
/// <remarks>
/// Standard error is written on a thread of its own, since a reader that does not read must not stop the host. What does not fit into the buffer
/// is dropped and counted in a line of its own. That the file fails is said on standard error.
/// </remarks>
internal sealed class HostLog : IAsyncDisposable
{
    /// <summary>The most lines that wait for a reader.</summary>
    public const int Capacity = 10_000;

    // Together they bound what the files take of a disk.
    private const long MaxFileBytes = 64 * 1024 * 1024;
    private const int MaxFiles = 31;

    private HostLog(Logger logger, TimeSpan grace)
    {
        (Logger, Grace) = (logger, grace);
        AppDomain.CurrentDomain.UnhandledException += WriteOut;
    }

    public Logger Logger { get; }

    /// <summary>Gets or sets how long the end waits for a reader of standard error.</summary>
    public TimeSpan Grace { get; set; }

    /// <summary>Opens it.</summary>
    /// <param name="options">Where to, and what.</param>
    /// <param name="grace">See <see cref="Grace"/>.</param>
    public static HostLog Open(LoggingOptions options, TimeSpan grace)
    {
        var drops = new DropCount();
        var standardError = LoggerSinkConfiguration.CreateSink(lines => lines.Async(
            to => to.Sink(new DropNotices(LoggerSinkConfiguration.CreateSink(errors => WriteToStandardError(errors, options.Format)), drops)),
            bufferSize: Capacity,
            blockWhenFull: false,
            monitor: drops));
        var configuration = new LoggerConfiguration().MinimumLevel.Is(LevelOf(options.Level)).Enrich.FromLogContext().WriteTo.Sink(standardError);
        if (options.File is { } file)
        {
            configuration = configuration.WriteTo.Fallible(to => WriteToFile(to, file), new FileFailures(standardError, file, TimeProvider.System));
        }

        return new HostLog(configuration.CreateLogger(), grace);
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.UnhandledException -= WriteOut;
        await Task.Run(Logger.Dispose).WaitAsync(Grace, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void WriteToFile(LoggerSinkConfiguration to, string file) => to.File(
        new CompactJsonFormatter(), file, fileSizeLimitBytes: MaxFileBytes, rollingInterval: RollingInterval.Day, rollOnFileSizeLimit: true,
        retainedFileCountLimit: MaxFiles);

    private static void WriteToStandardError(LoggerSinkConfiguration to, LogFormat format)
    {
        if (format == LogFormat.Json)
        {
            to.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose);
            return;
        }

        to.Logger(lines => lines.MinimumLevel.Verbose().Enrich.With<PrintableProperties>().WriteTo.Console(
            outputTemplate: $"{{Timestamp:yyyy-MM-dd HH:mm:ss.fff}} {{Level:u3}} {{Message:lj}}{{NewLine}}{{{PrintableProperties.Exception}}}",
            formatProvider: CultureInfo.InvariantCulture,
            standardErrorFromLevel: LogEventLevel.Verbose));
    }

    // What led to a crash stands before it.
    private void WriteOut(object sender, UnhandledExceptionEventArgs crash)
    {
        var writing = new Thread(Logger.Dispose) { IsBackground = true };
        writing.Start();
        writing.Join(Grace);
    }

    private static LogEventLevel LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => LogEventLevel.Verbose,
        LogLevel.Debug => LogEventLevel.Debug,
        LogLevel.Warning => LogEventLevel.Warning,
        LogLevel.Error => LogEventLevel.Error,
        LogLevel.Critical => LogEventLevel.Fatal,
        _ => LogEventLevel.Information,
    };
}
