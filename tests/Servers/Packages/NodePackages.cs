using System.Diagnostics;
using System.Security.Cryptography;

namespace DelphiRunner.TestServers.Packages;

/// <summary>The packages that <c>package-lock.json</c> names, installed once for all test processes that use the same sources.</summary>
internal static class NodePackages
{
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);

    private static readonly string[] Lists = ["package.json", "package-lock.json", ".npmrc"];

    private static readonly Lazy<string> Installed = new(Install);

    /// <summary>The path of a file or folder of the installed packages, which are installed by the first call.</summary>
    /// <exception cref="MissingServerException">Node.js or npm is missing, or npm could not install.</exception>
    public static string Find(params ReadOnlySpan<string> path) => Path.Combine([Installed.Value, "node_modules", .. path]);

    private static string Install()
    {
        var npm = ProgramPath.Find("npm");
        ProgramPath.Find("node");
        // A changed list is another folder, so nobody's packages change while he uses them.
        var version = VersionOfLists();
        var folder = Path.Combine(Repository.Artifacts, "test-servers", version);
        // Several test processes start at the same time; one installs, the others wait for it.
        using var mutex = new Mutex(false, $@"Global\delphi-runner-test-servers-{version}");
        Enter(mutex);
        try
        {
            if (!Directory.Exists(folder))
                InstallInto(folder, npm);
        }
        finally
        {
            mutex.ReleaseMutex();
        }

        return folder;
    }

    private static void Enter(Mutex mutex)
    {
        try
        {
            if (!mutex.WaitOne(InstallLimit))
                throw new TimeoutException($"Another process has been installing the tests' servers for {InstallLimit.TotalMinutes:0} minutes. End it, and run the tests again.");
        }
        catch (AbandonedMutexException)
        {
            // Its owner died while it installed; what it left has another name than a finished installation.
        }
    }

    private static void InstallInto(string folder, string npm)
    {
        var unfinished = $"{folder}-{Guid.NewGuid():N}";
        Directory.CreateDirectory(unfinished);
        try
        {
            foreach (var list in Lists)
                File.Copy(Path.Combine(Repository.Servers, list), Path.Combine(unfinished, list));

            Run(npm, unfinished);
            Directory.Move(unfinished, folder);
        }
        finally
        {
            if (Directory.Exists(unfinished))
                Directory.Delete(unfinished, recursive: true);
        }
    }

    // No scripts: the packages bring what they need, and a test's server has no business in running what a package wants.
    private static void Run(string npm, string folder)
    {
        var start = new ProcessStartInfo(npm, ["ci", "--ignore-scripts", "--no-progress"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{npm}' did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(InstallLimit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'npm ci' in '{folder}' did not end within {InstallLimit.TotalMinutes:0} minutes.");
        }

        Task.WaitAll(output, errors);
        if (process.ExitCode != 0)
            throw new MissingServerException(
                $"'npm ci' for the packages of '{Repository.Servers}' ended with exit code {process.ExitCode}. See that npm reaches its registry.\n{output.Result}{errors.Result}");
    }

    private static string VersionOfLists()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var list in Lists)
            hash.AppendData(File.ReadAllBytes(Path.Combine(Repository.Servers, list)));

        // Folders of other sources have other mutexes only if the folder counts, too.
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Repository.Root));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
