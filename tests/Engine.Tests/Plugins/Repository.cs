namespace DelphiRunner.Engine.Tests.Plugins;

/// <summary>Finds the files that the repository and its build hold.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of something in the repository.</summary>
    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "DelphiRunner.sln")))
            folder = Path.GetDirectoryName(folder);

        return folder ?? throw new InvalidOperationException($"No DelphiRunner.sln above '{AppContext.BaseDirectory}'.");
    }
}
