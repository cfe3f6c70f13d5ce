namespace DelphiRunner.Engine.Plugins.Generations;

/// <summary>Finds DLLs that were dropped into the plugins folder itself, where nothing looks for them.</summary>
internal static class StrayFiles
{
    public static IEnumerable<string> Describe(string pluginsFolder) =>
        Directory.EnumerateFiles(pluginsFolder, "*.dll").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal).Select(name =>
            $"'{name}.dll' lies in the plugins folder itself and is not loaded. Move it to '{Path.Combine(pluginsFolder, name!, $"{name}.dll")}'.");
}
