using System.Diagnostics;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

/// <summary>A second process on a queue's file: the program tests/StoreChild, alone or under another program.</summary>
internal sealed class StoreProcess : IDisposable
{
    /// <summary>How long a test waits for a process before it fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private StoreProcess(IEnumerable<string> command)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var words = command.ToList();
        start.FileName = words[0];
        words.Skip(1).ToList().ForEach(start.ArgumentList.Add);
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{words[0]}' did not start.");
        _process.ErrorDataReceived += (_, line) => TestContext.Progress.WriteLine(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>The words that start the program with these arguments.</summary>
    public static IEnumerable<string> CommandOf(params IEnumerable<string> arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var program = Path.Combine(AppContext.BaseDirectory, "..", "..", "StoreChild", configuration, "store-child.dll");
        return [Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.GetFullPath(program), .. arguments];
    }

    public static StoreProcess Start(params IEnumerable<string> arguments) => new(CommandOf(arguments));

    /// <summary>Starts any program.</summary>
    public static StoreProcess StartCommand(params IEnumerable<string> command) => new(command);

    public static StoreProcess StartUnder(IEnumerable<string> prefix, params IEnumerable<string> arguments) => new([.. prefix, .. CommandOf(arguments)]);

    /// <summary>Reads a line of its standard output; null at the end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        return await _process.StandardOutput.ReadLineAsync(late.Token);
    }

    /// <summary>Reads its standard output to the end.</summary>
    public async Task<List<string>> ReadToEndAsync()
    {
        var lines = new List<string>();
        while (await ReadLineAsync() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public int Id => _process.Id;

    /// <summary>Ends it without any warning.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public async Task<int> WaitForExitAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(late.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
