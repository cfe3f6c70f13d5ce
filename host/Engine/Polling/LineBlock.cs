using System.Buffers;
using System.Text;

namespace DelphiRunner.Engine.Polling;

/// <summary>Whole lines one behind the other, in UTF-8, in memory that is used again.</summary>
internal sealed class LineBlock : IDisposable
{
    private readonly byte[] _bytes;
    private int _length;

    /// <param name="atLeast">The room in bytes.</param>
    public LineBlock(int atLeast) => _bytes = ArrayPool<byte>.Shared.Rent(atLeast);

    /// <summary>The bytes of memory that it takes.</summary>
    public int Size => _bytes.Length;

    public int Lines { get; private set; }

    public int Free => _bytes.Length - _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Adds a line for which there is room.</summary>
    public void Add(ReadOnlySpan<char> line, ReadOnlySpan<byte> lineEnd)
    {
        _length += Encoding.UTF8.GetBytes(line, _bytes.AsSpan(_length));
        lineEnd.CopyTo(_bytes.AsSpan(_length));
        _length += lineEnd.Length;
        Lines++;
    }

    /// <summary>Gives the memory back; nothing of the lines may be used any more.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
}
