using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner.Cli;

/// <summary>A log that keeps each warning once, for commands that cannot write between the lines of what they show. Thread-safe.</summary>
internal sealed class KeptWarnings : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _texts = [];

    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_gate)
            {
                return [.. _texts];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = IsEnabled(logLevel) ? formatter(state, exception) : "";
        lock (_gate)
        {
            if (text.Length > 0 && !_texts.Contains(text))
            {
                _texts.Add(text);
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It keeps what it is given, and hands it on to nobody.");

    public void Dispose()
    {
        // It holds nothing.
    }
}
