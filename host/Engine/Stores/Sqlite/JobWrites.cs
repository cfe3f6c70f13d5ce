using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The writer's connection and its statements. Each member is one write of the store's contract, inside a transaction of the caller.</summary>
internal sealed class JobWrites : IDisposable
{
    private readonly SqliteFile _file;
    private readonly SqliteConnection _connection;
    private readonly StatementCache _statements;
    private readonly LogLength _log;
    private readonly Dictionary<string, string> _claims = new(StringComparer.Ordinal) { [""] = WriteSql.Claim(null) };
    private long _foreignCommits;

    private JobWrites(SqliteFile file, SqliteConnection connection)
    {
        _file = file;
        _connection = connection;
        _statements = new StatementCache(connection);
        _log = new LogLength(connection);
        RowFunctions.Register(connection);
        _statements[SqliteFile.SyncedApart].Run();
        _foreignCommits = ReadDataVersion();
    }

    /// <summary>The length of the write-ahead log after the last commit, in pages.</summary>
    public int LogFrames => _log.Frames;

    public static JobWrites Open(SqliteFile file) => new(file, file.Open());

    public void Begin()
    {
        _file.CheckInPlace(_connection);
        _statements[WriteSql.Begin].Run();
    }

    public void Commit() => _statements[WriteSql.Commit].Run();

    /// <summary>Ends a transaction that failed; SQLite itself has already ended it after some errors.</summary>
    public void Rollback()
    {
        _statements.Reset();
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            _statements[WriteSql.Rollback].Run();
        }
    }

    /// <summary>Brings the whole log into the database file and syncs that, whatever became of the log on the disk.</summary>
    /// <exception cref="SqliteException">It could not be done; SQLITE_BUSY: a reader is in the way.</exception>
    public void WholeCheckpoint()
    {
        var statement = _statements[WriteSql.WholeCheckpoint];
        statement.Step();
        var isBusy = statement.Integer(0) != 0;
        statement.Run();
        if (isBusy)
        {
            throw new SqliteException("The write-ahead log could not be brought into the database file.", raw.SQLITE_BUSY);
        }
    }

    /// <summary>Brings the rest of the log into the database file, after which the log begins anew if no reader uses it.</summary>
    public void Checkpoint() => _statements[WriteSql.Checkpoint].Run();

    /// <summary>Tells whether another connection, of this process or another, has committed since the last look.</summary>
    public bool LookForForeignCommits()
    {
        var now = ReadDataVersion();
        var changed = now != _foreignCommits;
        _foreignCommits = now;
        return changed;
    }

    public bool Create(EncodedRow row) => row.Bind(_statements[WriteSql.Create]).Run() == 1;

    public JobRow? Claim(ClaimRequest request)
    {
        var seen = request.Seen;
        var statement = BindClaim(_statements[ClaimSql(request.ExclusiveBy)], request.Claim)
            .Bind(4, WriteId())
            .Bind(5, request.Claim.Attempt)
            .Bind(6, request.Rechecks)
            .Bind(7, Math.Max(0, request.Claim.Attempt - 1))
            .Bind(8, RowTime.Format(request.StartedAt))
            .Bind(9, JobTable.Microseconds(request.StartedAt, 0))
            .Bind(10, RowTime.Format(request.LockExpiresAt))
            .Bind(11, RowVersion.After(seen.RawVersion))
            .Bind(12, StoredValue.Of(seen.RawStatus))
            .Bind(13, StoredValue.Of(seen.RawVersion))
            .Bind(14, StoredValue.Of(seen.Raw(JobAttributes.ClaimId)))
            .Bind(15, StoredValue.Of(seen.Raw(JobAttributes.LockExpiresAt)));
        if (request.ExclusiveBy is { } attribute && !JobTable.Places.ContainsKey(attribute))
        {
            statement.Bind(16, StoredValue.OfText(attribute));
        }

        if (request.ExclusiveBy is not null)
        {
            statement.Bind(17, Abandoned(request));
        }

        // Apart from the update: RETURNING would first copy the row into a table that SQLite makes for it.
        return statement.Run() == 1 ? Read(request.Claim.JobId) : null;
    }

    public ClaimState Renew(Claim claim, DateTimeOffset now, DateTimeOffset lockExpiresAt, string? logs)
    {
        var statement = BindClaim(_statements[WriteSql.Renew], claim)
            .Bind(4, RowTime.Format(lockExpiresAt))
            .Bind(5, RowTime.Format(now))
            .Bind(6, JobTable.Microseconds(now, 0))
            .Bind(7, WriteId())
            .Bind(8, OrNothing(logs));
        if (!statement.Step())
        {
            var missed = new MissedWrite(Read(claim.JobId), claim);
            return missed.Result == FinishResult.ForeignEnd ? ClaimState.Ended : ClaimState.Lost;
        }

        var requested = statement.Value(0) is { Kind: RowValueKind.S or RowValueKind.N, Text.Length: > 0 };
        statement.Run();
        return requested ? ClaimState.CancelRequested : ClaimState.Held;
    }

    public FinishResult Finish(Claim claim, JobFinish finish, EncodedAttributes attributes)
    {
        var statement = BindClaim(_statements[WriteSql.Finish], claim)
            .Bind(4, finish.Status)
            .Bind(5, RowTime.Format(finish.CompletedAt))
            .Bind(6, JobTable.Microseconds(finish.CompletedAt, 0))
            .Bind(7, WriteId())
            .Bind(8, StoredValue.OfText(finish.Results))
            .Bind(9, StoredValue.OfText(finish.Logs))
            .Bind(10, StoredValue.Of(RowValue.OfBoolean(finish.ProcessExitConfirmed)))
            .Bind(11, StoredValue.OfText(finish.ExitProof))
            .Bind(12, StoredValue.OfText(finish.Attempts))
            .Bind(13, OrNothing(finish.HandledBy))
            .Bind(14, OrNothing(finish.ErrorMessage));
        if (statement.Run() == 1)
        {
            Set(claim.JobId, attributes);
            return FinishResult.Recorded;
        }

        var missed = Missed(claim, new ForeignEnd(finish));
        return missed.IsEndedBy(claim, finish) ? FinishResult.Recorded : missed.Result;
    }

    public FinishResult Release(Claim claim, JobRelease release, EncodedAttributes attributes)
    {
        var statement = BindClaim(_statements[WriteSql.Release], claim)
            .Bind(4, release.Status)
            .Bind(5, RowTime.Format(release.UpdatedAt))
            .Bind(6, JobTable.Microseconds(release.UpdatedAt, 0))
            .Bind(7, WriteId())
            .Bind(8, release.Attempt)
            .Bind(9, Math.Max(0, release.Attempt - 1))
            .Bind(10, release.Rechecks)
            .Bind(11, StoredValue.OfText(release.Logs))
            .Bind(12, StoredValue.OfText(release.Attempts))
            .Bind(13, release.NotBefore is { } time ? RowTime.Format(time) : null)
            .Bind(14, JobTable.Due(release.NotBefore))
            .Bind(15, OrNothing(release.HandledBy));
        if (statement.Run() == 1)
        {
            Set(claim.JobId, attributes);
            return FinishResult.Recorded;
        }

        var missed = Missed(claim, new ForeignEnd(release));
        return missed.IsReleasedBy(release) ? FinishResult.Recorded : missed.Result;
    }

    public bool RequestCancel(string jobId, string request) =>
        _statements[WriteSql.RequestCancel]
            .Bind(1, StoredValue.OfText(jobId)).Bind(2, StoredValue.OfText(request)).Bind(3, WriteId()).Run() == 1;

    public void Dispose()
    {
        _statements.Dispose();
        _log.Dispose();
        _connection.Dispose();
    }

    /// <summary>Finds out why a write found no claim of ours, and adds what we know if somebody else ended the row.</summary>
    private MissedWrite Missed(Claim claim, ForeignEnd end)
    {
        var missed = new MissedWrite(Read(claim.JobId), claim);
        if (missed.Result == FinishResult.ForeignEnd)
        {
            BindClaim(_statements[WriteSql.AddToForeignEnd], claim)
                .Bind(4, RowTime.Format(end.At))
                .Bind(5, JobTable.Microseconds(end.At, 0))
                .Bind(6, WriteId())
                .Bind(7, StoredValue.OfText(end.Logs))
                .Bind(8, StoredValue.OfText(end.Attempts))
                .Bind(9, OrNothing(end.Results))
                .Bind(10, OrNothing(end.ExitProof))
                .Bind(11, StoredValue.Of(end.ProcessExitConfirmed is { } confirmed ? RowValue.OfBoolean(confirmed) : null))
                .Bind(12, OrNothing(end.HandledBy))
                .Run();
        }

        return missed;
    }

    /// <summary>Sets a handler's attributes on a row that this transaction has just written.</summary>
    private void Set(string jobId, EncodedAttributes attributes)
    {
        foreach (var (name, value) in attributes.Columns)
        {
            _statements[WriteSql.Set(name)].Bind(1, StoredValue.OfText(jobId)).Bind(2, value).Run();
        }

        if (attributes.PriorityOrder is { } order)
        {
            _statements[WriteSql.Set("priority_order")].Bind(1, StoredValue.OfText(jobId)).Bind(2, order).Run();
        }

        if (attributes.Others.Count > 0)
        {
            SetOthers(jobId, attributes.Others);
        }
    }

    private void SetOthers(string jobId, IReadOnlyDictionary<string, RowValue> values)
    {
        var read = _statements[WriteSql.ReadOther].Bind(1, StoredValue.OfText(jobId));
        read.Step();
        var others = JobTable.ReadOther(read.Bytes(0));
        read.Reset();
        foreach (var (name, value) in values)
        {
            others[name] = value;
        }

        _statements[WriteSql.Set(JobTable.Other)].Bind(1, StoredValue.OfText(jobId)).BindUtf8(2, EncodedRow.EncodeOther(others)).Run();
    }

    private string ClaimSql(string? exclusiveBy)
    {
        if (!_claims.TryGetValue(exclusiveBy ?? "", out var sql))
        {
            sql = WriteSql.Claim(exclusiveBy);
            _claims.Add(exclusiveBy ?? "", sql);
        }

        return sql;
    }

    private long ReadDataVersion()
    {
        var statement = _statements[WriteSql.DataVersion];
        statement.Step();
        var version = statement.Integer(0);
        statement.Reset();
        return version;
    }

    private JobRow? Read(string jobId)
    {
        var statement = _statements[WriteSql.Get].Bind(1, StoredValue.OfText(jobId));
        if (!statement.Step())
        {
            return null;
        }

        var row = JobTable.Read(statement, JobTable.Columns.Length);
        statement.Run();
        return row;
    }

    private static Statement BindClaim(Statement statement, Claim claim) => statement
        .Bind(1, StoredValue.OfText(claim.JobId)).Bind(2, StoredValue.OfText(claim.WorkerId)).Bind(3, StoredValue.OfText(claim.ClaimId));

    private static string Abandoned(ClaimRequest request) =>
        request.Abandoned.Count == 0
            ? "[]"
            : new JsonArray([.. request.Abandoned.Select(row => new JsonArray(row.Id, row.LockText))]).ToJsonString();

    private static StoredValue OrNothing(string? text) => text is null ? default : StoredValue.OfText(text);

    private static string WriteId() => FreshIds.New().ToString();
}
