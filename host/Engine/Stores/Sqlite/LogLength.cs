using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>How long the write-ahead log is, as a connection's commits tell. While it listens, that connection makes no checkpoints by itself.</summary>
internal sealed unsafe class LogLength : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly int* _frames;

    public LogLength(SqliteConnection connection)
    {
        _connection = connection;
        _frames = (int*)NativeMemory.AllocZeroed(sizeof(int));
        NativeStatement.OnCommit(connection.Handle!.DangerousGetHandle(), &Committed, (nint)_frames); // An open connection has a handle.
    }

    /// <summary>The frames of the log after the last commit: pages that are not in the database file yet, or not all of them.</summary>
    public int Frames => *_frames;

    public void Dispose()
    {
        NativeStatement.OnCommit(_connection.Handle!.DangerousGetHandle(), null, 0);
        NativeMemory.Free(_frames);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Committed(nint frames, nint database, byte* name, int count)
    {
        *(int*)frames = count;
        return 0;
    }
}
