namespace DelphiRunner.Engine.Plugins.Generations;

/// <summary>A folder in the plugins folder that should hold a plugin: <c>&lt;Name&gt;/&lt;Name&gt;.dll</c>.</summary>
internal sealed record DroppedPlugin(string Name, string Folder)
{
    /// <summary>Finds the folders that should hold plugins, by name. Those whose name begins with a dot are left out.</summary>
    /// <exception cref="PluginException">The plugins folder is missing, unreadable or writable by everybody.</exception>
    public static IReadOnlyList<DroppedPlugin> Find(string pluginsFolder)
    {
        if (!Directory.Exists(pluginsFolder))
        {
            throw new PluginException(
                $"Plugins folder '{pluginsFolder}' {(File.Exists(pluginsFolder) ? "is a file" : "does not exist")}. " +
                "Build the plugins ('dotnet build') or point 'plugins.folder' elsewhere.");
        }

        RefuseIfWorldWritable(pluginsFolder, $"Plugins folder '{pluginsFolder}'");
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(pluginsFolder)
                    .Select(folder => new DroppedPlugin(Path.GetFileName(folder), folder))
                    .Where(plugin => !plugin.Name.StartsWith('.'))
                    .OrderBy(plugin => plugin.Name, StringComparer.Ordinal),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PluginException($"Plugins folder '{pluginsFolder}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Makes sure that the folder holds the plugin's DLL, and that only its deployer can change it.</summary>
    /// <exception cref="PluginException">It does not, or anybody can.</exception>
    public void Check()
    {
        if (!File.Exists(Path.Combine(Folder, $"{Name}.dll")))
        {
            var others = Directory.EnumerateFiles(Folder, "*.dll").Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(5).ToList();
            var seen = others.Count == 0 ? "" : $" (it holds {string.Join(", ", others.Select(other => $"'{other}'"))})";
            throw new PluginException(
                $"Plugin folder '{Name}' holds no '{Name}.dll'{seen}. Build the plugin, name folder and DLL alike, or remove the folder.");
        }

        RefuseIfWorldWritable(Folder, $"Folder of plugin '{Name}'");
        foreach (var path in PluginFiles.ListFoldersAndFiles(Folder))
        {
            RefuseIfWorldWritable(path, $"'{Path.GetRelativePath(Folder, path)}' of plugin '{Name}'");
        }
    }

    private static void RefuseIfWorldWritable(string path, string subject)
    {
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & UnixFileMode.OtherWrite) == 0)
        {
            return;
        }

        throw new PluginException(
            $"{subject} is writable by every user of this machine, who could thereby run code in the host. Run 'chmod -R o-w' on '{path}'.");
    }
}
