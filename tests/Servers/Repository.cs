namespace DelphiRunner.TestServers;

/// <summary>Where the sources are, and where what is made of them goes.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Out of git, and of what a build or a format check looks at.</summary>
    public static string Artifacts { get; } = Path.Combine(Root, "artifacts");

    /// <summary>The folder of these servers' package list.</summary>
    public static string Servers { get; } = Path.Combine(Root, "tests", "Servers");

    public static string Fixtures { get; } = Path.Combine(Root, "tests", "Fixtures");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DelphiRunner.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds DelphiRunner.sln.");
    }
}
