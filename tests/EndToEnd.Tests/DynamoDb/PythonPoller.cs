using System.Diagnostics;
using System.Globalization;
using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests.DynamoDb;

/// <summary>The stand-in for the Python poller as a process of its own.</summary>
internal sealed class PythonPoller : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ProgramOutput _output = new();
    private readonly ProgramOutput _log = new();
    private readonly Task _read;

    private PythonPoller(ProcessStartInfo start)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
        _read = Task.WhenAll(_output.ReadAsync(_process.StandardOutput), _log.ReadAsync(_process.StandardError));
    }

    /// <summary>Starts one that runs the scripts of a folder.</summary>
    public static PythonPoller Start(JobQueueTable table, string scripts, TimeSpan clockAhead = default)
    {
        var start = new ProcessStartInfo(
            BuiltFiles.PythonPoller,
            [
                "--endpoint-url", table.Endpoint.AbsoluteUri, "--table", table.Name, "--interval", "0.1", "--scripts", scripts,
                "--clock-ahead", clockAhead.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new PythonPoller(start);
    }

    /// <summary>What it has logged so far.</summary>
    public IReadOnlyList<string> Log => _log.Lines;

    /// <summary>Waits until a line of its log holds the text.</summary>
    public Task WaitForLogAsync(string text) => _log.WaitForAsync(text, Limit);

    /// <summary>Kills it and what it runs, as the loss of its machine does.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _read;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();

        _process.Dispose();
    }
}
