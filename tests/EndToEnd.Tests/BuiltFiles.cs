namespace DelphiRunner.EndToEnd.Tests;

/// <summary>Where the build has left what these tests run and read.</summary>
internal static class BuiltFiles
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    public static string Artifacts { get; } = Path.Combine(Root, "artifacts");

    /// <summary>The program under test, of the same build configuration as the tests.</summary>
    public static string Program { get; } =
        Path.Combine(Artifacts, "bin", "DelphiRunner", Configuration, OperatingSystem.IsWindows() ? "delphi-runner.exe" : "delphi-runner");

    /// <summary>The child that records how it was started.</summary>
    public static string Child { get; } = Path.Combine(Artifacts, "bin", "Child", Configuration, "delphi-child.dll");

    /// <summary>The stand-in for the poller that an existing deployment has.</summary>
    public static string PythonPoller { get; } = Path.Combine(Artifacts, "bin", "PythonPoller", Configuration, "python-poller");

    public static string Plugins { get; } = Path.Combine(Artifacts, "plugins");

    /// <summary>The plugins of the tests, each for one situation.</summary>
    public static string TestPlugins { get; } = Path.Combine(Artifacts, "test-plugins");

    /// <summary>The rows of an existing deployment, in DynamoDB JSON.</summary>
    public static string DelphiJobs { get; } = Path.Combine(Root, "tests", "Fixtures", "delphi-jobs");

    // artifacts/bin/<project>/<configuration>/
    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DelphiRunner.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds DelphiRunner.sln.");
    }
}
