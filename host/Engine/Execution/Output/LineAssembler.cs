using System.Buffers;

namespace DelphiRunner.Engine.Execution.Output;

/// <summary>Takes the bytes of a line, without its end, and how many more bytes the line had that were not kept.</summary>
internal delegate void TakeLine(ReadOnlySpan<byte> line, long droppedBytes);

/// <summary>
/// Cuts a stream of bytes into lines at <c>\n</c>, <c>\r\n</c> and <c>\r</c> (a progress bar gives a line each time), and keeps no more of a
/// line than allowed. Not thread-safe.
/// </summary>
internal sealed class LineAssembler(int maxBytes, TakeLine takeLine)
{
    private readonly ArrayBufferWriter<byte> _begun = new();
    private long _dropped;
    private bool _afterReturn;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_afterReturn && bytes[0] == '\n')
                bytes = bytes[1..];
            if (bytes.IsEmpty)
            {
                _afterReturn = false;
                return;
            }

            var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            _afterReturn = end >= 0 && bytes[end] == '\r';
            if (end < 0)
            {
                Keep(bytes);
                return;
            }

            EndLine(bytes[..end]);
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>Hands on a last line that has no end.</summary>
    public void End()
    {
        if (_begun.WrittenCount > 0 || _dropped > 0)
            EndLine([]);
    }

    private void EndLine(ReadOnlySpan<byte> rest)
    {
        if (_begun.WrittenCount == 0 && _dropped == 0 && rest.Length <= maxBytes)
        {
            takeLine(rest, 0);
            return;
        }

        Keep(rest);
        takeLine(_begun.WrittenSpan, _dropped);
        _begun.ResetWrittenCount();
        _dropped = 0;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var kept = Math.Min(bytes.Length, maxBytes - _begun.WrittenCount);
        if (kept > 0)
            _begun.Write(bytes[..kept]);
        _dropped += bytes.Length - kept;
    }
}
