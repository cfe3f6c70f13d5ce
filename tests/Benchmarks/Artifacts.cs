namespace DelphiRunner.Benchmarks;

/// <summary>What the build left beside this program.</summary>
internal static class Artifacts
{
    /// <summary>The folder <c>artifacts</c>: this program lies in <c>artifacts/bin/DelphiRunner.Benchmarks/release</c>.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));

    /// <summary>The program <c>delphi-runner</c> of the same configuration as this one.</summary>
    public static string Runner { get; } = Path.Combine(
        Folder, "bin", "DelphiRunner", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "delphi-runner");

    /// <summary>The plugins folder with the one plugin for benchmarks.</summary>
    public static string Plugins { get; } = Path.Combine(Folder, "benchmarks", "plugins");
}
