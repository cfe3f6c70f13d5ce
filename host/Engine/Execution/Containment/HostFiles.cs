using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>What of the host's own files no command in a namespace may see.</summary>
internal sealed record HostFiles
{
    // What SQLite keeps beside its file, of which the first two are there as long as the host has the queue open.
    private static readonly string[] SuffixesOfSqlite = ["-wal", "-shm", "-journal"];

    /// <summary>The real path of the state folder.</summary>
    public required string State { get; init; }

    /// <summary>The absolute path of the queue's file, where it is one on this machine. It may lie in the state folder or not, and be a link.</summary>
    public string? Queue { get; init; }

    /// <summary>The absolute paths of the files that hold secrets. They may be links, which lead elsewhere as soon as a secret is replaced.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>The folder in which attempts get secrets as files, or null when none does. It may lie in the state folder or not.</summary>
    public string? SecretFolder { get; init; }

    /// <summary>The part of the state folder that commands may read all the same: the plugins' copies, whose files they may run.</summary>
    public string Plugins => Path.Combine(State, "plugins");

    /// <summary>Names them by the paths that the configuration gives.</summary>
    /// <param name="state">The absolute path of the state folder.</param>
    /// <param name="queue">The absolute path of the queue's file, or null.</param>
    /// <param name="secrets">The absolute paths of the files that hold secrets.</param>
    /// <exception cref="IOException">Where the state folder really is cannot be told.</exception>
    public static HostFiles Of(string state, string? queue, IEnumerable<string> secrets) => new()
    {
        State = RealFile(state),
        Queue = queue,
        Secrets = [.. secrets],
    };

    /// <summary>Finds the real paths of the files outside of the state folder that are there to be covered.</summary>
    /// <remarks>
    /// SQLite has no journal beside a file with a write-ahead log, and believes one that it finds: a command could lay one there. Only what is there
    /// can be covered, so that an empty one is made, which SQLite takes for none (https://www.sqlite.org/atomiccommit.html#_hot_rollback_journals).
    /// </remarks>
    /// <exception cref="IOException">The empty journal cannot be made, or where a link leads cannot be told.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public IReadOnlyList<string> FindOutside()
    {
        List<string> files = [.. Secrets.Select(RealFile)];
        if (Queue is { } path && RealFile(path) is var queue && !IsInState(queue) && File.Exists(queue))
        {
            MakeEmpty(queue + SuffixesOfSqlite[^1], like: queue);
            files.AddRange(SuffixesOfSqlite.Select(suffix => queue + suffix).Prepend(queue));
        }

        return [.. files.Where(file => !IsInState(file) && File.Exists(file))];
    }

    private bool IsInState(string file) => file.StartsWith(State + '/', StringComparison.Ordinal);

    // For whom the queue is: one who cannot look into a journal takes it for one that is not empty.
    private static void MakeEmpty(string file, string like)
    {
        if (File.Exists(file))
            return;
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = File.GetUnixFileMode(like);
            new FileStream(file, options).Dispose();
        }
        catch (IOException) when (File.Exists(file))
        {
            // For another attempt, a moment ago.
        }
    }

    /// <summary>Follows all links to a file or folder. Of one that is not there, those to the folder above: there is nothing to cover.</summary>
    private static string RealFile(string path) => ProgramPath.TryResolve(path)
        ?? (Path.GetDirectoryName(path) is { } folder ? Path.Combine(RealFile(folder), Path.GetFileName(path)) : path);
}
