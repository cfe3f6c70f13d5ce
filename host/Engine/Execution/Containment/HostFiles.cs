using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>What of the host's own files no command in a namespace may see.</summary>
internal sealed record HostFiles
{
    // The queue's own, and what SQLite keeps beside it.
    private static readonly string[] FilesOfSqlite = ["", "-wal", "-shm", "-journal"];

    /// <summary>The real path of the state folder.</summary>
    public required string State { get; init; }

    /// <summary>The real paths of the queue's files, where it is one on this machine. They may lie in the state folder or not.</summary>
    public IReadOnlyList<string> Queue { get; init; } = [];

    /// <summary>The real paths of the files that hold secrets.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>The folder in which attempts get secrets as files, or null when none does. It may lie in the state folder or not.</summary>
    public string? SecretFolder { get; init; }

    /// <summary>The part of the state folder that commands may read all the same: the plugins' copies, whose files they may run.</summary>
    public string Plugins => Path.Combine(State, "plugins");

    /// <summary>Names them by the paths that the configuration gives.</summary>
    /// <param name="state">The absolute path of the state folder.</param>
    /// <param name="queue">The absolute path of the queue's file, or null.</param>
    /// <param name="secrets">The absolute paths of the files that hold secrets.</param>
    public static HostFiles Of(string state, string? queue, IEnumerable<string> secrets) => new()
    {
        State = ProgramPath.InRealFolder(state),
        Queue = queue is null ? [] : [.. FilesOfSqlite.Select(suffix => ProgramPath.InRealFolder(queue) + suffix)],
        Secrets = [.. secrets.Select(ProgramPath.InRealFolder)],
    };
}
