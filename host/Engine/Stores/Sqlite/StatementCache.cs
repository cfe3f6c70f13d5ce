using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>The prepared statements of one connection.</summary>
internal sealed class StatementCache(SqliteConnection connection) : IDisposable
{
    /// <summary>By the text as an object: the texts are long, and looking them up by content costs more than some of the statements.</summary>
    private readonly Dictionary<string, Statement> _byReference = new(new SameText());
    private readonly Dictionary<string, Statement> _byContent = new(StringComparer.Ordinal);

    public Statement this[string sql] => _byReference.TryGetValue(sql, out var statement) ? statement : Add(sql);

    /// <summary>Makes all ready for their next use, after one was left in the middle.</summary>
    public void Reset()
    {
        foreach (var statement in _byContent.Values)
        {
            statement.Reset();
        }
    }

    public void Dispose()
    {
        foreach (var statement in _byContent.Values)
        {
            statement.Dispose();
        }
    }

    private Statement Add(string sql)
    {
        if (_byContent.TryGetValue(sql, out var statement))
        {
            return statement;
        }

        statement = new Statement(connection, sql);
        _byContent.Add(sql, statement);
        _byReference.Add(sql, statement);
        return statement;
    }

    private sealed class SameText : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => ReferenceEquals(x, y);

        public int GetHashCode(string obj) => RuntimeHelpers.GetHashCode(obj);
    }
}
