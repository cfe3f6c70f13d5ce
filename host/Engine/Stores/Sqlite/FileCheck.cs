using System.Globalization;
using System.Text;
using DelphiRunner.Engine.Stores.Upkeep;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>Looks a database file over, on a connection that creates nothing and converts nothing.</summary>
internal sealed class FileCheck(SqliteFile file)
{
    /// <summary>Below this a few long logs fill the disk.</summary>
    private const long LeastFreeBytes = 256L << 20;

    private const string NothingRuns = "No host can use the queue.";

    public IReadOnlyList<StoreCheck> Run()
    {
        if (!File.Exists(file.FullPath) || new FileInfo(file.FullPath).Length == 0)
        {
            return [Of("file", StoreCheckState.Missing, $"There is no database in '{file.FullPath}'. The first host or 'store init' creates it.", NothingRuns)];
        }

        List<StoreCheck> checks = [];
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder
            {
                DataSource = file.FullPath,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
            }.ToString());
            connection.Open();
            checks.Add(Look("file", () => Application(connection)));
            if (checks[0].State == StoreCheckState.Ok)
            {
                checks.Add(Look("schema", () => Schema(Integer(connection, "PRAGMA user_version"))));
                checks.Add(Look("integrity", () => Integrity(connection)));
                checks.Add(Look("journal", () => Journal(connection)));
                checks.Add(Look("synchronous", () => Durability(connection)));
                checks.Add(Look("writing", () => Writing(connection)));
            }
        }
        catch (SqliteException failure)
        {
            checks.Add(Failed("file", failure));
        }

        checks.Add(Disk());
        return checks;
    }

    private StoreCheck Look(string name, Func<StoreCheck> look)
    {
        try
        {
            return look();
        }
        catch (SqliteException failure)
        {
            return Failed(name, failure);
        }
    }

    private StoreCheck Failed(string name, SqliteException failure) =>
        Of(name, StoreCheckState.Wrong, SqliteFailure.Explain(failure, file.FullPath).Message, NothingRuns);

    private StoreCheck Application(SqliteConnection connection)
    {
        var application = Integer(connection, "PRAGMA application_id");
        return application == JobTable.ApplicationId
            ? Of("file", StoreCheckState.Ok, string.Create(CultureInfo.InvariantCulture, $"'{file.FullPath}', {new FileInfo(file.FullPath).Length:N0} bytes."))
            : Of("file", StoreCheckState.Wrong, $"'{file.FullPath}' belongs to another application (application_id {application}). Give another path.", NothingRuns);
    }

    private static StoreCheck Schema(long version) => version switch
    {
        JobTable.SchemaVersion => Of("schema", StoreCheckState.Ok, $"Version {version}."),
        > JobTable.SchemaVersion => Of(
            "schema", StoreCheckState.Wrong, $"Version {version}; this program knows versions up to {JobTable.SchemaVersion}. Use the newer program that wrote it.", NothingRuns),
        _ => Of("schema", StoreCheckState.Wrong, $"Version {version}, which no released program wrote.", NothingRuns),
    };

    private static StoreCheck Integrity(SqliteConnection connection)
    {
        var answer = Text(connection, "PRAGMA quick_check(1)");
        return answer == "ok"
            ? Of("integrity", StoreCheckState.Ok, "SQLite's quick check found nothing.")
            : Of("integrity", StoreCheckState.Wrong, $"SQLite's quick check says: {answer}", "Rows may be lost. Stop every host that uses the file and restore it from a backup.");
    }

    private static StoreCheck Journal(SqliteConnection connection)
    {
        var mode = Text(connection, "PRAGMA journal_mode");
        return mode == "wal"
            ? Of("journal", StoreCheckState.Ok, "A write-ahead log.")
            : Of("journal", StoreCheckState.Wrong, $"Mode '{mode}', not 'wal'; the next host sets it.", "Until then readers and writers wait for one another.") with { IsNeeded = false };
    }

    private static StoreCheck Durability(SqliteConnection connection)
    {
        raw.sqlite3_exec(connection.Handle, SqliteFile.ConnectionSettings);
        var level = Integer(connection, "PRAGMA synchronous");
        return level == 2
            ? Of("synchronous", StoreCheckState.Ok, "FULL, or synced by the writer itself before it acknowledges: what is acknowledged survives a loss of power.")
            : Of("synchronous", StoreCheckState.Wrong, $"Level {level}, not 2 (FULL).", "A loss of power can lose what was acknowledged.");
    }

    /// <summary>Begins a writing transaction and takes it back.</summary>
    private StoreCheck Writing(SqliteConnection connection)
    {
        if (raw.sqlite3_db_readonly(connection.Handle, "main") == 1)
        {
            return Of(
                "writing", StoreCheckState.Refused, $"User '{Environment.UserName}' may only read '{file.FullPath}'. Give this user write permission on it and on its folder.", NothingRuns);
        }

        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(connection.Handle, "BEGIN IMMEDIATE; ROLLBACK"), connection.Handle);
        return Of("writing", StoreCheckState.Ok, "It can be written.");
    }

    private StoreCheck Disk()
    {
        var free = new DriveInfo(file.FullPath).AvailableFreeSpace;
        var seen = string.Create(CultureInfo.InvariantCulture, $"{free >> 20:N0} MiB are free.");
        return free >= LeastFreeBytes
            ? Of("disk", StoreCheckState.Ok, seen)
            : Of("disk", StoreCheckState.Wrong, seen, "On a full disk no job is submitted, started or ended. Free some space.");
    }

    private static long Integer(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        statement.Step();
        return statement.Integer(0);
    }

    private static string Text(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        statement.Step();
        return Encoding.UTF8.GetString(statement.Bytes(0));
    }

    private static StoreCheck Of(string name, StoreCheckState state, string detail, string cost = "") =>
        new() { Name = name, State = state, Detail = detail, Cost = cost };
}
