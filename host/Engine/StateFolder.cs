using System.Runtime.Versioning;
using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine;

/// <summary>The host's own folder: work folders, spools and plugin generations. One host a folder, held by a lock file.</summary>
internal sealed class StateFolder : IDisposable
{
    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly FileStream _lock;
    private readonly List<string> _notices = [];

    private StateFolder(string path, FileStream lockFile)
    {
        Path = path;
        _lock = lockFile;
    }

    public string Path { get; }

    /// <summary>What an operator should know of the folder as it was found, as sentences for the log: processes and files that a killed host left, and rights of others.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Makes the folder where it is missing, makes it its owner's alone, takes its lock, and removes what a killed host left in it.</summary>
    /// <exception cref="StateFolderException">Another host holds the folder, or it cannot be written.</exception>
    public static StateFolder Take(string path)
    {
        FileStream? lockFile = null;
        try
        {
            WorkFolders.MakePrivate(path);
            lockFile = new FileStream(System.IO.Path.Combine(path, "host.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var folder = new StateFolder(path, lockFile);
            if (!OperatingSystem.IsWindows())
            {
                folder.CloseToOthers();
            }

            folder.RemoveLeftovers();
            return folder;
        }
        catch (Exception exception)
        {
            lockFile?.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new StateFolderException(
                    $"State folder '{path}' cannot be taken: {exception.Message} Each host needs a state folder of its own that it may write; stop the other host or give this one another 'state'.", exception);
            }

            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Takes the rights of others from a folder that was there before: made by a service manager, by hand, or by an earlier version.</summary>
    [UnsupportedOSPlatform("windows")]
    private void CloseToOthers()
    {
        var mode = File.GetUnixFileMode(Path);
        if ((mode & OfOthers) == UnixFileMode.None)
        {
            return;
        }

        var was = $"State folder '{Path}' was open to other users (mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')})";
        // A place that others use on purpose, as '/tmp' is.
        if ((mode.HasFlag(UnixFileMode.StickyBit) ? "Others use it, too." : FailureOf(() => File.SetUnixFileMode(Path, mode & ~OfOthers))) is { } failure)
        {
            _notices.Add($"{was} and stays so: {failure} What commands write is in it. Give the host another 'state', or let the folder's owner run 'chmod 700' on it.");
        }
        else
        {
            _notices.Add($"{was} and is its owner's alone now, since what commands write is in it. A queue that others open, too, belongs in another folder ('store.path').");
        }
    }

    private void RemoveLeftovers()
    {
        var work = System.IO.Path.Combine(Path, "work");
        // Before the folders by which they are known are gone.
        var (killed, left) = LeftoverProcesses.End(Directory.Exists(work)
            ? Directory.EnumerateDirectories(work).Select(folder => System.IO.Path.GetFileName(folder)).ToHashSet(StringComparer.Ordinal)
            : []);
        if (left.Count > 0)
        {
            _notices.Add($"A host that was killed left processes that cannot be killed: {string.Join(", ", left)}. Look for a device or file system that does not answer.");
        }
        else if (killed > 0)
        {
            _notices.Add($"A host that was killed left {killed} processes of its jobs, which were ended now.");
        }

        List<string> stay = [.. new[] { FailureOf(() => SecretFolder.RemoveLeftover(Path)) }.OfType<string>(), .. RemoveWork(work)];
        if (stay.Count > 0)
        {
            _notices.Add($"Of what an earlier host left, {stay.Count} folders stay behind, the first of them since {stay[0]} What belongs to another user has to be removed as that user or as root.");
        }
    }

    /// <returns>Why what is left of it is left.</returns>
    private static List<string> RemoveWork(string work)
    {
        if (FailureOf(() => FolderRemoval.Remove(work)) is not { } failure)
        {
            return [];
        }

        // What cannot be removed keeps nothing else.
        List<string> failures = [.. Directory.EnumerateFileSystemEntries(work).Select(entry => FailureOf(() => FolderRemoval.Remove(entry))).OfType<string>()];
        return failures.Count > 0 ? failures : [failure];
    }

    private static string? FailureOf(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}

/// <summary>The state folder cannot be used.</summary>
internal sealed class StateFolderException(string message, Exception innerException) : Exception(message, innerException);
