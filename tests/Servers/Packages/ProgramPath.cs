namespace DelphiRunner.TestServers.Packages;

/// <summary>Finds programs on the search path.</summary>
internal static class ProgramPath
{
    private static readonly string[] Endings = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];

    /// <summary>The program's full path.</summary>
    /// <exception cref="MissingServerException">There is none of that name.</exception>
    public static string Find(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.SelectMany(_ => Endings, (folder, ending) => Path.Combine(folder, program + ending)).FirstOrDefault(File.Exists)
            ?? throw new MissingServerException(
                $"'{program}' is not on the search path, so the tests' servers cannot be installed. Install Node.js 18 or newer with npm: apt-get install nodejs npm");
    }
}
