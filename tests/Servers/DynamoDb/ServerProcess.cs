using System.Diagnostics;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>A server's process, which ends with the process that started it, however that ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    // The shell waits for the end of its standard input, which comes when the starting process closes it or is killed. A parent-death signal
    // would follow the thread that started the server, and threads of the pool come and go. It gives up its output, which ends with the server's.
    private const string Guard = """
        "$@" 2>&1 </dev/null &
        server=$!
        exec >&-
        read -r _
        kill -9 $server
        """;

    private readonly Process _process;
    private readonly Task _read;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _lastLines = new();

    private ServerProcess(Process process, string ready)
    {
        _process = process;
        _read = ReadAsync(ready);
    }

    public static ServerProcess Start(ServerProgram server)
    {
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo(server.Program, server.Arguments)
            : new ProcessStartInfo("/bin/sh", ["-c", Guard, "sh", server.Program, .. server.Arguments]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"'{server.Program}' did not start.");
        return new ServerProcess(process, server.Ready);
    }

    /// <summary>Waits until the server has said that it listens.</summary>
    /// <returns>False when it ended instead, for instance since somebody else has its port.</returns>
    public async Task<bool> IsReadyAsync(TimeSpan limit)
    {
        var first = await Task.WhenAny(_ready.Task, _read).WaitAsync(limit);
        return first == _ready.Task || _ready.Task.IsCompleted;
    }

    public string LastLines
    {
        get
        {
            lock (_lastLines)
                return string.Join('\n', _lastLines);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (OperatingSystem.IsWindows())
            _process.Kill();

        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _read;
        _process.Dispose();
    }

    private async Task ReadAsync(string ready)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_lastLines)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > 50)
                    _lastLines.Dequeue();
            }

            if (line.Contains(ready, StringComparison.Ordinal))
                _ready.TrySetResult();
        }
    }
}
