using System.Diagnostics;
using System.Globalization;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>The real program <c>delphi-runner</c> as a process of its own, with an environment that holds nothing of the machine's.</summary>
internal sealed class RunnerProgram : IAsyncDisposable
{
    /// <summary>How long a run may take before it counts as hanging.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static readonly string[] Inherited = ["PATH", "HOME", "DOTNET_ROOT", "TMPDIR", "TEMP", "TMP", "SystemRoot"];

    private readonly Process _process;
    private readonly ProgramOutput _output = new();
    private readonly ProgramOutput _errors = new();
    private readonly Task _read;

    private RunnerProgram(ProcessStartInfo start)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
        _process.StandardInput.Close();
        _read = Task.WhenAll(_output.ReadAsync(_process.StandardOutput), _errors.ReadAsync(_process.StandardError));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts the program.</summary>
    public static RunnerProgram Start(string folder, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments) =>
        StartBehind([], folder, environment, arguments);

    /// <summary>Starts the program by others that become it.</summary>
    public static RunnerProgram StartBehind(
        IReadOnlyList<string> prefix, string folder, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        string[] line = [.. prefix, BuiltFiles.Program, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var name in Inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new RunnerProgram(start);
    }

    /// <summary>Starts the program and waits for its end.</summary>
    public static async Task<ProgramEnd> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        await using var program = Start(folder, environment, arguments);
        return await program.WaitAsync();
    }

    /// <summary>Waits for the end, for <see cref="Limit"/>.</summary>
    /// <inheritdoc cref="WaitAsync(TimeSpan)"/>
    public Task<ProgramEnd> WaitAsync() => WaitAsync(Limit);

    /// <summary>Waits for the end.</summary>
    /// <exception cref="TimeoutException">It did not end in that time; it was killed, and the message holds what it had written.</exception>
    public async Task<ProgramEnd> WaitAsync(TimeSpan limit)
    {
        try
        {
            await Task.WhenAll(_process.WaitForExitAsync(), _read).WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The program did not end within {limit.TotalSeconds:0} s.\n{new ProgramEnd(-1, _output.Lines, _errors.Lines)}");
        }

        return new ProgramEnd(_process.ExitCode, _output.Lines, _errors.Lines);
    }

    /// <summary>Waits until a line of standard error holds the text.</summary>
    public Task WaitForErrorAsync(string text) => _errors.WaitForAsync(text, Limit);

    /// <summary>Waits until a line of standard output holds the text.</summary>
    public Task WaitForOutputAsync(string text) => _output.WaitForAsync(text, Limit);

    /// <summary>Ends the process at once, as <c>kill -9</c> does; its children are left to themselves.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends a signal by its name, for instance <c>TERM</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.That(kill.ExitCode, Is.Zero, $"Signal {name} could not be sent to process {_process.Id}.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
