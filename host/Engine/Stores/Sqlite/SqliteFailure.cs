using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>SQLite's errors in words that say what to do.</summary>
internal static class SqliteFailure
{
    public static StoreException Explain(SqliteException failure, string file)
    {
        var (what, todo) = failure.SqliteErrorCode switch
        {
            raw.SQLITE_NOTADB => ("is not a SQLite database", "Give another path in 'store.path', or move the file away; a new one is created then."),
            raw.SQLITE_CORRUPT => ("is damaged", "Stop every host that uses it and restore it from a backup, or move it away and submit the open jobs again."),
            raw.SQLITE_READONLY => (
                $"is read-only for user '{Environment.UserName}'", "Give this user write permission on it and on its folder."),
            raw.SQLITE_PERM or raw.SQLITE_AUTH or raw.SQLITE_CANTOPEN => (
                $"cannot be opened by user '{Environment.UserName}'", "Check that its folder exists and that this user may read and write there."),
            raw.SQLITE_FULL => ("cannot grow: the disk is full or a quota is reached", "Free some space. Nothing of this write was stored."),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => ("is held by another process for too long", "Find the process that keeps it open, and try again."),
            raw.SQLITE_IOERR => ("cannot be read or written", "Check the disk and the system's log. Nothing of this write was stored."),
            _ => ("failed", "Nothing of this write was stored."),
        };
        return new StoreException($"Database file '{file}' {what} ({failure.Message}). {todo}", failure);
    }

    /// <summary>Tells whether a connection may be beyond use after this error.</summary>
    public static bool EndsConnection(Exception failure) =>
        failure is not SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_FULL or raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG };
}
