using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>
/// What a statement calls for each of its values, dozens of times a job: the same library that Microsoft.Data.Sqlite brings, without its safe handles, which cost
/// more than these calls themselves.
/// </summary>
internal static unsafe partial class NativeStatement
{
    /// <summary>SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.</summary>
    private static readonly nint Copied = -1;

    private const string Library = "e_sqlite3";

    public static int BindText(nint statement, int index, ReadOnlySpan<byte> text)
    {
        fixed (byte* bytes = text)
        {
            // No address would be NULL; an empty text has one.
            byte none = 0;
            return BindText(statement, index, bytes is null ? &none : bytes, text.Length, Copied);
        }
    }

    public static int BindBlob(nint statement, int index, ReadOnlySpan<byte> blob)
    {
        fixed (byte* bytes = blob)
        {
            byte none = 0;
            return BindBlob(statement, index, bytes is null ? &none : bytes, blob.Length, Copied);
        }
    }

    /// <summary>The bytes of a column, good until the statement moves on.</summary>
    public static ReadOnlySpan<byte> ColumnBytes(nint statement, int column)
    {
        var bytes = ColumnBlob(statement, column);
        return bytes is null ? default : new ReadOnlySpan<byte>(bytes, ColumnLength(statement, column));
    }

    /// <summary>Calls back after each commit with the frames of the write-ahead log. It takes the place of SQLite's own checkpoints.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_wal_hook")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint OnCommit(nint database, delegate* unmanaged[Cdecl]<nint, nint, byte*, int, int> committed, nint argument);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Step(nint statement);

    /// <summary>Makes the statement ready for its next use; the code that SQLite returns is only that of the last step once more.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Reset(nint statement);

    // Those below neither wait nor call back, and are over in nanoseconds.
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    public static partial int BindInteger(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    public static partial int BindNull(nint statement, int index);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_type")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    public static partial int ColumnType(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    public static partial long ColumnInteger(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_double")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    public static partial double ColumnDouble(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static partial byte* ColumnBlob(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static partial int ColumnLength(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int BindText(nint statement, int index, byte* text, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int BindBlob(nint statement, int index, byte* blob, int length, nint destructor);
}
