using System.Diagnostics;
using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Benchmarks;

/// <summary>The real program <c>delphi-runner run</c> on a workspace.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    /// <summary>How long it may take to start and to run one job, before the measure gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Its output goes to files, as a service's does; to read it through pipes would cost this process what it measures.
    private const string Redirected = """output=$1; shift; exec "$@" > "$output" 2> "$output.errors" """;

    private readonly Process _process;
    private readonly string _errors;

    private HostProcess(Process process, string errors)
    {
        _process = process;
        _errors = errors;
    }

    public int Id => _process.Id;

    public static HostProcess Start(Workspace workspace, int slots, params string[] arguments) =>
        Start(workspace.Folder, $"{{ kind: sqlite, path: {Path.GetRelativePath(workspace.Folder.FullPath, workspace.Database)} }}", slots, arguments);

    /// <summary>Starts it with a folder of its own, on the store that the YAML names.</summary>
    public static HostProcess Start(HostFolder folder, string store, int slots, params string[] arguments)
    {
        File.WriteAllText(
            folder.Configuration,
            $$"""
            store: {{store}}
            state: {{Path.GetFileName(folder.State)}}
            slots: {{slots}}
            polling: { interval: 2s }
            plugins: { folder: {{Artifacts.Plugins}} }

            """);
        string[] shell = ["-c", Redirected, "sh", folder.Lines];
        string[] program = [Artifacts.Runner, "run", "--config", folder.Configuration];
        return new HostProcess(Process.Start("/bin/sh", [.. shell, .. program, .. arguments]), $"{folder.Lines}.errors");
    }

    /// <summary>Asks it to stop, as a service manager does, and waits for its end.</summary>
    public Task StopAsync(CancellationToken stoppingToken)
    {
        _ = Signals.Send(_process.Id, Signals.Term);
        return EndAsync(stoppingToken);
    }

    /// <summary>Waits for its end.</summary>
    /// <exception cref="MeasureException">It ended with another exit code than 0.</exception>
    public async Task EndAsync(CancellationToken stoppingToken)
    {
        await _process.WaitForExitAsync(stoppingToken);
        if (_process.ExitCode != 0)
            throw new MeasureException($"'{Artifacts.Runner} run' ended with exit code {_process.ExitCode}: {await File.ReadAllTextAsync(_errors, stoppingToken)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
