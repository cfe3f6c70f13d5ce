using System.Diagnostics;
using System.Text.Json;
using DelphiRunner.Runner.Tests.Configuration;

namespace DelphiRunner.Runner.Tests.Cli;

/// <summary>How a run of the program ended.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;
}

/// <summary>The real program in a temporary folder that holds a configuration file.</summary>
internal sealed class RunnerProgram(string yaml = ConfigurationFolder.Least) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ConfigurationFolder _folder = new(yaml);

    public string Folder => _folder.Folder;

    public string ConfigurationFile => _folder.File;

    public string Write(string name, string text)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    public Task<ProgramRun> RunAsync(params string[] arguments) => RunAsync([], arguments);

    public async Task<ProgramRun> RunAsync(KeyValuePair<string, string>[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "delphi-runner.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What the tests' own environment says of Delphi must not reach the program.
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME" or "DOTNET_ROOT" or "TMPDIR" or "SystemRoot" or "TEMP")).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new ProgramRun(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => _folder.Dispose();
}
