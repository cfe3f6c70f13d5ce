using System.Collections.Concurrent;
using DelphiRunner.Engine.Execution;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>The work folders of a host's attempts, in <c>state/work</c>. Each is private and empty when an attempt gets it.</summary>
/// <param name="state">The absolute path of the state folder.</param>
/// <param name="logger">The host's own log.</param>
/// <remarks>
/// A folder that an attempt left is renamed for the next one: file systems search long for a free inode when many were freed just now, and at
/// hundreds of jobs a second that search took more time than the jobs.
/// </remarks>
internal sealed partial class WorkFolders(string state, ILogger<WorkFolders> logger) : IDisposable
{
    private readonly ConcurrentBag<string> _empty = [];

    /// <exception cref="AttemptFolderException">There is none to be had.</exception>
    public string Take(string name)
    {
        var folder = Path.Combine(state, "work", name);
        return AttemptFolderException.Guard(folder, () =>
        {
            if (!_empty.TryTake(out var used))
            {
                return MakePrivate(folder);
            }

            Directory.Move(used, folder);
            return folder;
        });
    }

    /// <summary>Takes a folder back. What cannot be removed stays where it is, and is said in the host's log.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isQuiet">Whether nothing of the attempt is left that could still write to it; otherwise it is removed.</param>
    public void GiveBack(string folder, bool isQuiet)
    {
        try
        {
            var contents = new DirectoryInfo(folder);
            // A link is no folder of the attempt, and a changed mode would be the next attempt's.
            if (isQuiet && contents.Exists && !contents.Attributes.HasFlag(FileAttributes.ReparsePoint) && HasPrivateMode(contents)
                && TryEmpty(contents))
            {
                _empty.Add(folder);
            }
            else
            {
                FolderRemoval.Remove(folder);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(folder, exception.Message);
        }
    }

    public void Dispose()
    {
        while (_empty.TryTake(out var folder))
        {
            GiveBack(folder, isQuiet: false);
        }
    }

    /// <summary>Makes a folder that only its owner can enter, and those above it.</summary>
    public static string MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }

    // A name that is no text cannot be told to the framework, which then takes the file for one that is gone.
    private static bool TryEmpty(DirectoryInfo folder)
    {
        var entries = folder.GetFileSystemInfos();
        if (!entries.All(entry => entry is FileInfo))
            return false;
        Array.ForEach(entries, file => file.Delete());
        return entries.Length == 0 || !folder.EnumerateFileSystemInfos().Any();
    }

    private static bool HasPrivateMode(DirectoryInfo folder) =>
        OperatingSystem.IsWindows() || folder.UnixFileMode == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    [LoggerMessage(EventName = "WorkFolderNotRemoved", Level = LogLevel.Warning, Message = "The work folder '{Folder}' of a job that has ended stays behind: {Reason} The next start of the host tries again; what belongs to another user has to be removed as that user or as root")]
    private partial void LogNotRemoved(string folder, string reason);
}
