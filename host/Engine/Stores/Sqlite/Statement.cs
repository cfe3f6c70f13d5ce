using System.Buffers;
using System.Globalization;
using System.Text;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A prepared statement that is used again and again by one thread at a time.</summary>
/// <remarks>Below ADO.NET, whose commands and readers cost more than the writes of this store themselves.</remarks>
internal sealed class Statement : IDisposable
{
    /// <summary>From here on the exact length is counted first, since the greatest possible one would waste memory.</summary>
    private const int MuchText = 100_000;

    /// <summary>A text that is longer is no status and no type.</summary>
    private const int LongestRemembered = 64;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _owned;
    private readonly nint _statement;

    /// <summary>The last text of each column: statuses, types and many others are the same in row after row.</summary>
    private string?[] _lastTexts = [];

    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, sql, out _owned), _database);
        _statement = _owned.DangerousGetHandle(); // Good until _owned is disposed, after which nothing is called.
    }

    public Statement Bind(int index, long value)
    {
        Check(NativeStatement.BindInteger(_statement, index, value));
        return this;
    }

    /// <summary>Binds a text that holds neither NUL nor half a surrogate pair; null is NULL.</summary>
    public Statement Bind(int index, string? value)
    {
        if (value is null)
        {
            Check(NativeStatement.BindNull(_statement, index));
            return this;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(value.Length < MuchText ? Encoding.UTF8.GetMaxByteCount(value.Length) : Encoding.UTF8.GetByteCount(value));
        try
        {
            var length = Encoding.UTF8.GetBytes(value, bytes);
            Check(NativeStatement.BindText(_statement, index, bytes.AsSpan(0, length)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        return this;
    }

    public Statement Bind(int index, in StoredValue value)
    {
        if (value.Integer is { } whole)
        {
            return Bind(index, whole);
        }

        if (value.Blob is { } blob)
        {
            Check(NativeStatement.BindBlob(_statement, index, blob));
            return this;
        }

        return Bind(index, value.Text);
    }

    /// <summary>Binds UTF-8 as text.</summary>
    public Statement BindUtf8(int index, ReadOnlySpan<byte> text)
    {
        Check(NativeStatement.BindText(_statement, index, text));
        return this;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False at the end; the statement is ready for its next use then.</returns>
    public bool Step()
    {
        var code = NativeStatement.Step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code == raw.SQLITE_DONE)
        {
            NativeStatement.Reset(_statement);
            return false;
        }

        Fail(code);
        return false;
    }

    /// <summary>Runs the statement to its end.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(_database);
    }

    /// <summary>Ends a reading before its last row.</summary>
    public void Reset() => NativeStatement.Reset(_statement);

    public bool IsNull(int column) => NativeStatement.ColumnType(_statement, column) == raw.SQLITE_NULL;

    public long Integer(int column) => NativeStatement.ColumnInteger(_statement, column);

    public ReadOnlySpan<byte> Bytes(int column) => NativeStatement.ColumnBytes(_statement, column);

    public RowValue? Value(int column) => NativeStatement.ColumnType(_statement, column) switch
    {
        raw.SQLITE_NULL => null,
        raw.SQLITE_TEXT => RowValue.OfText(Text(column)),
        raw.SQLITE_INTEGER => new RowValue(RowValueKind.N, Integer(column).ToString(CultureInfo.InvariantCulture)),
        raw.SQLITE_FLOAT => new RowValue(RowValueKind.N, NativeStatement.ColumnDouble(_statement, column).ToString("R", CultureInfo.InvariantCulture)),
        _ => StoredValue.FromBlob(Bytes(column)),
    };

    private string Text(int column)
    {
        if (column >= _lastTexts.Length)
        {
            Array.Resize(ref _lastTexts, column + 1);
        }

        var bytes = Bytes(column);
        return _lastTexts[column] is { } last && Ascii.Equals(bytes, last) ? last : Remember(column, Encoding.UTF8.GetString(bytes));
    }

    private string Remember(int column, string text)
    {
        _lastTexts[column] = text.Length <= LongestRemembered ? text : null;
        return text;
    }

    public void Dispose() => _owned.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            Fail(code);
        }
    }

    private void Fail(int code)
    {
        try
        {
            SqliteException.ThrowExceptionForRC(code, _database);
        }
        finally
        {
            NativeStatement.Reset(_statement);
        }
    }
}
