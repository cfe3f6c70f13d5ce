namespace DelphiRunner.EndToEnd.Tests;

/// <summary>The lines that a process has written to one of its streams so far.</summary>
internal sealed class ProgramOutput
{
    private readonly Lock _lock = new();
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

        lock (_lock)
        {
            foreach (var (text, seen) in _awaited)
            {
                seen.TrySetException(new EndOfStreamException($"The process ended without a line that holds '{text}'. It wrote:\n{string.Join('\n', _lines)}"));
            }
        }
    }

    public Task WaitForAsync(string text, TimeSpan limit)
    {
        lock (_lock)
        {
            if (_lines.Any(line => line.Contains(text, StringComparison.Ordinal)))
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, seen));
            return seen.Task.WaitAsync(limit);
        }
    }
}
