using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>The events that a host has logged, and a signal for each.</summary>
internal sealed class RecordedEvents : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(string Name, string Message)> _events = new();
    private readonly ConcurrentBag<(string Name, int Count, TaskCompletionSource Logged)> _awaited = [];

    public int Count(string name) => _events.Count(item => item.Name == name);

    public string MessageOf(string name) => _events.First(item => item.Name == name).Message;

    /// <summary>Completes when so many events of that name have been logged.</summary>
    public Task Logged(string name, int count)
    {
        var logged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Add((name, count, logged));
        Tell(name);
        return logged.Task;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var name = eventId.Name ?? "";
        _events.Enqueue((name, $"{formatter(state, exception)} {exception?.Message}"));
        Tell(name);
    }

    public void Dispose()
    {
        // Nothing is held.
    }

    private void Tell(string name)
    {
        foreach (var (_, _, logged) in _awaited.Where(awaited => awaited.Name == name && Count(name) >= awaited.Count))
        {
            logged.TrySetResult();
        }
    }
}
