namespace DelphiRunner.Plugins.Tests.Postgres;

/// <summary>What a server has logged so far. Thread-safe.</summary>
internal sealed class ServerLog
{
    private readonly System.Threading.Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public async Task ReadAsync(StreamReader stream)
    {
        while (await stream.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                _lines.Add(line);
                foreach (var (_, seen) in _awaited.Where(wait => line.Contains(wait.Text, StringComparison.Ordinal)))
                {
                    seen.TrySetResult();
                }
            }
        }
    }

    /// <summary>Waits for a line with the text, which may be there already.</summary>
    public Task WaitForAsync(string text, TimeSpan limit)
    {
        lock (_lock)
        {
            return _lines.Any(line => line.Contains(text, StringComparison.Ordinal)) ? Task.CompletedTask : WaitForNextAsync(text, limit);
        }
    }

    /// <summary>Waits for a further line with the text.</summary>
    public Task WaitForNextAsync(string text, TimeSpan limit)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _awaited.Add((text, seen));
        }

        return seen.Task.WaitAsync(limit);
    }

    public override string ToString() => string.Join('\n', Lines);
}
