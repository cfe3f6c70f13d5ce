using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine;

/// <summary>The host's own folder: work folders, spools and plugin generations. One host a folder, held by a lock file.</summary>
internal sealed class StateFolder : IDisposable
{
    private readonly FileStream _lock;

    private StateFolder(string path, FileStream lockFile)
    {
        Path = path;
        _lock = lockFile;
    }

    public string Path { get; }

    /// <summary>What a killed host left running, as a sentence for the log; null when it was nothing.</summary>
    public string? LeftRunning { get; private set; }

    /// <summary>Makes the folder where it is missing, private to its owner, takes its lock, and removes what a killed host left in it.</summary>
    /// <exception cref="StateFolderException">Another host holds the folder, or it cannot be written.</exception>
    public static StateFolder Take(string path)
    {
        FileStream lockFile;
        try
        {
            WorkFolders.MakePrivate(path);
            lockFile = new FileStream(System.IO.Path.Combine(path, "host.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateFolderException(
                $"State folder '{path}' cannot be taken: {exception.Message} Each host needs a state folder of its own that it may write; stop the other host or give this one another 'state'.", exception);
        }

        var folder = new StateFolder(path, lockFile);
        try
        {
            folder.RemoveLeftovers();
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        return folder;
    }

    public void Dispose() => _lock.Dispose();

    private void RemoveLeftovers()
    {
        var work = System.IO.Path.Combine(Path, "work");
        // Before the folders by which they are known are gone.
        var (killed, left) = LeftoverProcesses.End(Directory.Exists(work)
            ? Directory.EnumerateDirectories(work).Select(folder => System.IO.Path.GetFileName(folder)).ToHashSet(StringComparer.Ordinal)
            : []);
        LeftRunning = left.Count > 0
            ? $"A host that was killed left processes that cannot be killed: {string.Join(", ", left)}. Look for a device or file system that does not answer."
            : killed > 0 ? $"A host that was killed left {killed} processes of its jobs, which were ended now." : null;
        SecretFolder.RemoveLeftover(Path);
        FolderRemoval.Remove(work);
    }
}

/// <summary>The state folder cannot be used.</summary>
internal sealed class StateFolderException(string message, Exception innerException) : Exception(message, innerException);
