using System.Diagnostics;

namespace DelphiRunner.Plugins.Tests.Postgres;

/// <summary>The PostgreSQL programs of this machine, where Debian puts them, run as a user that they accept.</summary>
internal static class PostgresInstallation
{
    private const string Versions = "/usr/lib/postgresql";

    // The server refuses to run as root.
    private static readonly string? OtherUser = Environment.IsPrivilegedProcess ? (IsUser("postgres") ? "postgres" : "nobody") : null;

    /// <summary>The folder of the newest version's programs.</summary>
    public static string Programs { get; } = Directory.Exists(Versions)
        ? Directory.GetDirectories(Versions).OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin")).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb"))) ?? ""
        : "";

    /// <summary>Skips the test where there is no PostgreSQL.</summary>
    public static void Require()
    {
        if (Programs.Length == 0)
        {
            Assert.Ignore($"There is no PostgreSQL in '{Versions}'. Install it: apt-get install postgresql");
        }
    }

    /// <summary>Prepares a program of the installation, with nothing of the machine's environment but its path.</summary>
    public static ProcessStartInfo Prepare(string program, params IEnumerable<string> arguments)
    {
        var path = Path.Combine(Programs, program);
        var start = OtherUser is null
            ? new ProcessStartInfo(path, arguments)
            : new ProcessStartInfo("setpriv", [$"--reuid={OtherUser}", $"--regid={GroupOf(OtherUser)}", "--clear-groups", "--", path, .. arguments]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Hands a folder with all that is in it to the user that the server runs as.</summary>
    public static async Task GiveToServerAsync(string folder)
    {
        if (OtherUser is not null)
        {
            await RunAsync(new ProcessStartInfo("chown", ["-R", $"{OtherUser}:{GroupOf(OtherUser)}", folder]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true });
        }
    }

    /// <summary>Runs a program to its end, which has to be a good one, and gives what it wrote.</summary>
    public static async Task<string> RunAsync(ProcessStartInfo start, string input = "")
    {
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"'{start.FileName} {string.Join(' ', start.ArgumentList)}' ended with {process.ExitCode}: {await errors}{await output}");
    }

    private static bool IsUser(string name) => File.ReadLines("/etc/passwd").Any(line => line.StartsWith($"{name}:", StringComparison.Ordinal));

    private static string GroupOf(string user) =>
        File.ReadLines("/etc/passwd").First(line => line.StartsWith($"{user}:", StringComparison.Ordinal)).Split(':')[3];
}
