using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>A SQLite file with a write-ahead log as the queue's, of one row, and a connection that keeps it open as a host does.</summary>
internal sealed class SmallQueue : IDisposable
{
    private const int Sector = 512;

    private readonly string _path;
    private readonly SqliteConnection _connection;

    public SmallQueue(string path)
    {
        _path = path;
        _connection = new SqliteConnection($"Data Source={path};Pooling=False");
        _connection.Open();
        _ = Ask("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS rows (text TEXT)");
    }

    public void Set(string text) => _ = Ask($"DELETE FROM rows; INSERT INTO rows VALUES ('{text}'); PRAGMA wal_checkpoint(TRUNCATE)");

    public string? Get() => (string?)Ask("SELECT text FROM rows");

    /// <summary>Writes a journal that takes the file back to what it holds now, see https://www.sqlite.org/fileformat.html#the_rollback_journal.</summary>
    public void WriteJournal(string journal)
    {
        var file = File.ReadAllBytes(_path);
        var page = BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(16));
        using var stream = File.Create(journal);
        Span<byte> header = stackalloc byte[Sector];
        new byte[] { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 }.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], file.Length / page);
        BinaryPrimitives.WriteInt32BigEndian(header[16..], file.Length / page);
        BinaryPrimitives.WriteInt32BigEndian(header[20..], Sector);
        BinaryPrimitives.WriteInt32BigEndian(header[24..], page);
        stream.Write(header);
        Span<byte> number = stackalloc byte[4];
        for (var i = 0; i < file.Length / page; i++)
        {
            var content = file.AsSpan(i * page, page);
            BinaryPrimitives.WriteInt32BigEndian(number, i + 1);
            stream.Write(number);
            stream.Write(content);
            // The nonce is 0.
            var sum = 0u;
            for (var at = page - 200; at > 0; at -= 200)
                sum += content[at];
            BinaryPrimitives.WriteUInt32BigEndian(number, sum);
            stream.Write(number);
        }
    }

    public void Dispose() => _connection.Dispose();

    private object? Ask(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The texts are the tests' own.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
