using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Data.Sqlite;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A reading connection and its statements, used by one caller at a time.</summary>
internal sealed class JobReads : IDisposable
{
    private static readonly string GetSql = $"SELECT {JobTable.Whole} FROM jobs WHERE job_id = ?1";
    private static readonly string WholePageSql = $"SELECT {JobTable.Whole}, id FROM jobs WHERE id > ?1 ORDER BY id LIMIT ?2";
    private static readonly string LeanPageSql = $"SELECT {JobTable.Lean}, id FROM jobs WHERE id > ?1 ORDER BY id LIMIT ?2";
    private static readonly string LeanSql = $"SELECT {JobTable.Lean} FROM jobs WHERE id = ?1";

    private readonly SqliteFile _file;
    private readonly SqliteConnection _connection;
    private readonly StatementCache _statements;

    private JobReads(SqliteFile file, SqliteConnection connection)
    {
        _file = file;
        _connection = connection;
        _statements = new StatementCache(connection);
        RowFunctions.Register(connection);
    }

    public static JobReads Open(SqliteFile file) => new(file, file.Open());

    public JobRow? Get(string jobId)
    {
        _file.CheckInPlace(_connection);
        var statement = _statements[GetSql].Bind(1, StoredValue.OfText(jobId));
        if (!statement.Step())
        {
            return null;
        }

        var row = JobTable.Read(statement, JobTable.Columns.Length);
        statement.Reset();
        return row;
    }

    public JobPage List(JobFilter filter)
    {
        _file.CheckInPlace(_connection);
        var query = new ListQuery(filter);
        var statement = query.Bind(_statements[query.Sql]);
        var rows = new List<JobRow>();
        while (rows.Count < filter.Limit && statement.Step())
        {
            rows.Add(JobTable.Read(statement, JobTable.Columns.Length));
        }

        var more = rows.Count == filter.Limit && statement.Step();
        statement.Reset();
        return new JobPage { Rows = rows, Next = more ? PageToken.After(rows[^1]) : null };
    }

    /// <summary>Reads candidates in one snapshot: first only ids by the indexes, then the rows that are wanted.</summary>
    public JobCandidates ListCandidates(CandidateQuery query)
    {
        _file.CheckInPlace(_connection);
        _statements["BEGIN"].Run();
        var candidates = new CandidateSearch(_statements, query).Find(Lean);
        _statements["COMMIT"].Run();
        return candidates;
    }

    /// <summary>Reads rows in the order in which they were created.</summary>
    /// <param name="isLean">Whether to leave out logs and results.</param>
    /// <param name="after">Where the page before ended, 0 for the first.</param>
    /// <param name="limit">At most so many rows.</param>
    /// <returns>The rows, and where the page ends.</returns>
    public (IReadOnlyList<JobRow> Rows, long Last) Page(bool isLean, long after, int limit)
    {
        _file.CheckInPlace(_connection);
        var columns = isLean ? JobTable.LeanColumns : JobTable.Columns.Length;
        var statement = _statements[isLean ? LeanPageSql : WholePageSql].Bind(1, after).Bind(2, limit);
        var rows = new List<JobRow>();
        var last = after;
        while (statement.Step())
        {
            rows.Add(JobTable.Read(statement, columns));
            last = statement.Integer(columns);
        }

        return (rows, last);
    }

    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    private JobRow Lean(long id)
    {
        var statement = _statements[LeanSql].Bind(1, id);
        statement.Step();
        var row = JobTable.Read(statement, JobTable.LeanColumns);
        statement.Reset();
        return row;
    }
}
