using System.Diagnostics;
using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Benchmarks;

/// <summary>The real program <c>delphi-runner run</c> on a workspace.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    /// <summary>How long it may take to start and to run one job, before the measure gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task _output;
    private readonly Task<string> _errors;

    private HostProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        _errors = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public static HostProcess Start(Workspace workspace, int slots, params string[] arguments)
    {
        File.WriteAllText(
            workspace.Configuration,
            $$"""
            store: { kind: sqlite, path: {{Path.GetFileName(workspace.Database)}} }
            state: {{Path.GetFileName(workspace.State)}}
            slots: {{slots}}
            polling: { interval: 2s }
            plugins: { folder: {{Artifacts.Plugins}} }

            """);
        var start = new ProcessStartInfo(Artifacts.Runner) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments.Prepend("run").Concat(["--config", workspace.Configuration]))
        {
            start.ArgumentList.Add(argument);
        }

        return new HostProcess(Process.Start(start)!);
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
        await _output;
        if (_process.ExitCode != 0)
            throw new MeasureException($"'{Artifacts.Runner} run' ended with exit code {_process.ExitCode}: {await _errors}");
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
