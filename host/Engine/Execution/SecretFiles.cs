using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution;

/// <summary>The files in which a command gets its secrets. They are there from before its start until its end, however that comes.</summary>
internal sealed class SecretFiles : IDisposable
{
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string? _folder;

    private SecretFiles(string? folder) => _folder = folder;

    /// <summary>Writes the files of a command that has some.</summary>
    /// <param name="command">The command.</param>
    /// <param name="user">The user that it runs as, if it is another than the host's.</param>
    /// <exception cref="ProcessStartException">They could not be written; none is left.</exception>
    public static SecretFiles Write(ApprovedCommand command, string? user)
    {
        if (command.SecretFiles.Count == 0)
            return new SecretFiles(null);
        var files = new SecretFiles(Path.GetDirectoryName(command.SecretFiles.First().Key)!); // A file's path always has a folder.
        try
        {
            files.Write(command.SecretFiles, user is null ? null : UserAccount.Find(user));
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            files.Dispose();
            throw new ProcessStartException(command.Program, $"its secrets could not be written to files: {e.Message}", e);
        }
    }

    /// <summary>Removes them.</summary>
    /// <returns>A sentence for the job's log when that failed; otherwise null.</returns>
    public string? TryRemove()
    {
        try
        {
            if (_folder is not null)
                FolderRemoval.Remove(_folder);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The files with the command's secrets could not be removed from '{_folder}' and are there until the host ends or starts again: {e.Message}";
        }
    }

    /// <summary>Removes them, if nobody did.</summary>
    public void Dispose() => _ = TryRemove();

    private void Write(IReadOnlyDictionary<string, string> files, UserAccount? owner)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_folder!); // There is one where there are files.
        else
            Directory.CreateDirectory(_folder!, Folder); // As above.
        foreach (var (path, text) in files)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead;
            using (var writer = new StreamWriter(path, options))
                writer.Write(text);
            owner?.Own(path);
        }

        // Last, since from then on it is the other user's.
        owner?.Own(_folder!); // As above.
    }
}
