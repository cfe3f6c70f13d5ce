using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The database file: opened, recognized, and created where there is none.</summary>
/// <param name="path">The file, absolute or relative to the current folder.</param>
/// <param name="privateFolder">The absolute path of a folder that nobody but its owner may enter, if one is made there for the file; null when there is none.</param>
internal sealed partial class SqliteFile(string path, string? privateFolder = null)
{
    /// <summary>The pages of a new file: a row of a job that has ended fits, and jobs that run together share a few, each of which is two writes to the log.</summary>
    private const int PageBytes = 8192;

    /// <summary>How long a write waits for another process' write.</summary>
    private const int BusyTimeoutMs = 10_000;

    /// <summary>SQLITE_FCNTL_HAS_MOVED: does the path still lead to the open file?</summary>
    private const int HasMoved = 20;

    /// <summary>SQLITE_FCNTL_FILE_POINTER: SQLite's own open file, whose methods stand in a table at its beginning.</summary>
    private const int FilePointer = 7;

    /// <summary>SQLITE_FCNTL_JOURNAL_POINTER: the same for the write-ahead log.</summary>
    private const int LogPointer = 28;

    /// <summary>The place of <c>xSync</c> in the table of <c>sqlite3_io_methods</c>.</summary>
    private const int SyncMethod = 5;

    /// <summary>SQLITE_SYNC_NORMAL.</summary>
    private const int SyncFlags = 2;

    /// <summary>For a writer whose commits are synced apart, before they are acknowledged (<see cref="LogSync"/>). A new log and a checkpoint are still synced by SQLite.</summary>
    public const string SyncedApart = "PRAGMA synchronous = NORMAL";

    /// <summary>What each connection sets for itself; nothing of it is stored in the file.</summary>
    public const string ConnectionSettings =
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY";

    private volatile bool _wasOpened;

    static SqliteFile()
    {
        // Each connection is used by one thread at a time, so that SQLite need not lock for each of its calls; nor need it count its memory, under a lock of
        // the whole process. Once a connection is open neither can be said any more: then the answer is "misuse", and all works as it would without.
        Batteries_V2.Init();
        raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    public string FullPath { get; } = Path.GetFullPath(path);

    public string WalPath => FullPath + "-wal";

    /// <summary>Opens the file with what every connection needs. The first time, it, its folder and its tables are created where they are missing.</summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    /// <exception cref="StoreException">It is not a queue of this program, or one of a newer version.</exception>
    public SqliteConnection Open()
    {
        if (!_wasOpened)
        {
            CreateFolder();
        }
        else if (!File.Exists(FullPath))
        {
            throw Moved();
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = FullPath,
            Mode = _wasOpened ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = BusyTimeoutMs / 1000,
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {BusyTimeoutMs}");
            Prepare(connection);
            _wasOpened = true;
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a file that was moved, deleted or replaced while it is open: what is written to it is lost.</summary>
    public void CheckInPlace(SqliteConnection connection)
    {
        var handle = connection.Handle!; // Only open connections come here.
        if (FileControl(handle.DangerousGetHandle(), "main", HasMoved, out int moved) == raw.SQLITE_OK && moved != 0)
        {
            throw Moved();
        }
    }

    /// <summary>Makes durable what a checkpoint has written to the database file so far, as the end of the checkpoint would.</summary>
    /// <exception cref="SqliteException">It could not be done.</exception>
    public static void SyncDatabase(SqliteConnection connection) => Sync(connection, FilePointer);

    /// <summary>Makes durable what any connection has committed so far, as its commit with <c>synchronous=FULL</c> would.</summary>
    /// <exception cref="SqliteException">It could not be done.</exception>
    public static void SyncLog(SqliteConnection connection) => Sync(connection, LogPointer);

    /// <remarks>
    /// By SQLite's own open files. To close another one of the database's path would end SQLite's locks on it, and what .NET has for a sync, <c>RandomAccess.FlushToDisk</c>,
    /// keeps errors of the disk to itself.
    /// </remarks>
    private static unsafe void Sync(SqliteConnection connection, int pointer)
    {
        SqliteException.ThrowExceptionForRC(FileControl(connection.Handle!.DangerousGetHandle(), "main", pointer, out nint file), connection.Handle);
        var sync = (delegate* unmanaged[Cdecl]<nint, int, int>)(*(nint**)file)[SyncMethod];
        if (sync(file, SyncFlags) is not raw.SQLITE_OK and var code)
        {
            throw new SqliteException("The file could not be synced.", code & 0xFF, code);
        }
    }

    private StoreException Moved() =>
        new($"Database file '{FullPath}' was moved, deleted or replaced while it was open; nothing is written to it any more. Put it back, or restart the program.");

    private static void Execute(SqliteConnection connection, string sql) =>
        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(connection.Handle, sql), connection.Handle);

    private static long Read(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        statement.Step();
        return statement.Integer(0);
    }

    private void CreateFolder()
    {
        if (Directory.Exists(FullPath))
        {
            throw new StoreException($"Database file '{FullPath}' is a folder. Give the path of a file in 'store.path'.");
        }

        try
        {
            if (privateFolder is not null && !OperatingSystem.IsWindows() && FullPath.StartsWith(Path.TrimEndingDirectorySeparator(privateFolder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                Directory.CreateDirectory(privateFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(FullPath)!); // Not a root, since it is no folder.
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"The folder of database file '{FullPath}' cannot be created: {refused.Message} Create it, or give another path in 'store.path'.", refused);
        }
    }

    private void Prepare(SqliteConnection connection)
    {
        if (raw.sqlite3_db_readonly(connection.Handle, "main") == 1)
        {
            throw new StoreException(
                $"Database file '{FullPath}' is read-only for user '{Environment.UserName}'. Give this user write permission on it and on its folder.");
        }

        var isNew = IsNew(connection);
        if (isNew)
        {
            Execute(connection, $"PRAGMA page_size = {PageBytes}");
        }

        if (UseWriteAheadLog(connection) != "wal")
        {
            throw new StoreException(
                $"Database file '{FullPath}' cannot use a write-ahead log there. Put it on a local disk, not on a network file system.");
        }

        Execute(connection, ConnectionSettings);
        if (isNew)
        {
            Create(connection);
        }
    }

    /// <summary>Asks for the write-ahead log, which one connection switches on for all.</summary>
    /// <remarks>While another one does, SQLite does not wait as it does for a write, but fails at once: so the wait is here.</remarks>
    private static string UseWriteAheadLog(SqliteConnection connection)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return Text(connection, "PRAGMA journal_mode = WAL");
            }
            catch (SqliteException busy) when (busy.SqliteErrorCode == raw.SQLITE_BUSY && Stopwatch.GetElapsedTime(since).TotalMilliseconds < BusyTimeoutMs)
            {
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>Tells whether the file is empty, and refuses one that is not ours or newer, before anything in it is changed.</summary>
    private bool IsNew(SqliteConnection connection)
    {
        // The application last: another connection may create all three, in one transaction, between one of these reads and the next.
        var tables = Read(connection, "SELECT count(*) FROM sqlite_schema");
        var version = Read(connection, "PRAGMA user_version");
        var application = Read(connection, "PRAGMA application_id");
        if (application == 0 && version == 0 && tables == 0)
        {
            return true;
        }

        if (application != JobTable.ApplicationId)
        {
            throw new StoreException(
                $"Database file '{FullPath}' belongs to another application (application_id {application}, not {JobTable.ApplicationId}). "
                + "Give another path in 'store.path'; a new file is created there.");
        }

        return version <= JobTable.SchemaVersion
            ? false
            : throw new StoreException(
                $"Database file '{FullPath}' has schema version {version}; this program knows versions up to {JobTable.SchemaVersion}. "
                + "Use the newer program that wrote it, or give another path in 'store.path'.");
    }

    /// <summary>Creates the tables in one transaction; of two processes that try, one does it.</summary>
    private void Create(SqliteConnection connection)
    {
        Execute(connection, "BEGIN IMMEDIATE");
        try
        {
            if (IsNew(connection))
            {
                Execute(connection, JobTable.Schema);
            }

            Execute(connection, "COMMIT");
        }
        catch
        {
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
            {
                Execute(connection, "ROLLBACK");
            }

            throw;
        }
    }

    private static string Text(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        statement.Step();
        return System.Text.Encoding.UTF8.GetString(statement.Bytes(0));
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileControl(nint database, string name, int operation, out int result);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileControl(nint database, string name, int operation, out nint result);
}
