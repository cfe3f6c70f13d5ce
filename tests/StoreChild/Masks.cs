using System.Diagnostics;
using DelphiRunner.Engine.Execution;

namespace DelphiRunner.StoreChild;

/// <summary>A host that narrows its file mode mask and starts a command.</summary>
internal static class Masks
{
    public static async Task<int> ShowAsync()
    {
        var notices = FileMask.Narrow();
        using var spawner = new Spawner();
        Console.WriteLine($"own {await ReadAsync(Start())}");
        Console.WriteLine($"command {await ReadAsync(await spawner.StartAsync(Start))}");
        foreach (var notice in notices)
            Console.WriteLine(notice);
        return 0;
    }

    private static Process Start() => Process.Start(new ProcessStartInfo("sh", ["-c", "umask"]) { RedirectStandardOutput = true })!; // A new process, as none is reused.

    private static async Task<string?> ReadAsync(Process shell)
    {
        using (shell)
            return await shell.StandardOutput.ReadLineAsync();
    }
}
