namespace DelphiRunner.Engine.Plugins.Generations;

/// <summary>Keeps the generations folder from growing for ever.</summary>
internal static class OldGenerations
{
    /// <summary>
    /// How many generations of a plugin stay. More than one, since a host or command that was started earlier may still load a dependency
    /// from its own.
    /// </summary>
    public const int Kept = 5;

    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    /// <summary>Notes that a generation is used now.</summary>
    public static void Touch(PluginGeneration generation, TimeProvider time)
    {
        try
        {
            Directory.SetLastWriteTimeUtc(generation.Folder, time.GetUtcNow().UtcDateTime);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody who may only read the host's state looks at its plugins; that is no use worth noting.
        }
    }

    /// <summary>Removes all but the generations of one plugin that were used last, and what an interrupted copy has left.</summary>
    public static void Remove(string plugin, string generationsFolder, TimeProvider time)
    {
        var folders = new DirectoryInfo(generationsFolder).GetDirectories();
        var old = folders.Where(folder => IsGeneration(folder.Name, plugin)).OrderByDescending(folder => folder.LastWriteTimeUtc).Skip(Kept);
        var leftovers = folders.Where(folder => folder.Name.StartsWith('.') && folder.LastWriteTimeUtc < time.GetUtcNow().UtcDateTime - LeftoverAge);
        foreach (var folder in old.Concat(leftovers))
        {
            try
            {
                folder.Delete(recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Windows deletes no DLL that is in use; it is tried again with the next generation.
            }
        }
    }

    private static bool IsGeneration(string folder, string plugin) =>
        folder.Length == plugin.Length + 1 + PluginFiles.HashLength
        && folder.StartsWith($"{plugin}-", StringComparison.Ordinal)
        && folder[(plugin.Length + 1)..].All(char.IsAsciiHexDigitLower);
}
