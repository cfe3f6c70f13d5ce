namespace DelphiRunner.Engine.Execution;

/// <summary>Removes folders whose contents other programs made.</summary>
internal static class FolderRemoval
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly EnumerationOptions RealFolders = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>Removes a folder and all in it; a link in it is removed, and not what it leads to. One that is not there is no matter.</summary>
    /// <exception cref="IOException">Something in it cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">Something in it belongs to another user.</exception>
    public static void Remove(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (OperatingSystem.IsWindows() || new DirectoryInfo(folder).LinkTarget is not null)
            {
                throw;
            }

            // A command may have taken the right to change a folder from everybody, its owner among them.
            TakeRightsBack(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void TakeRightsBack(string folder)
    {
        File.SetUnixFileMode(folder, Private);
        foreach (var below in Directory.EnumerateDirectories(folder, "*", RealFolders))
        {
            TakeRightsBack(below);
        }
    }
}
