using System.Buffers;
using System.Globalization;
using System.Text;
using CliWrap;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Execution.Output;

/// <summary>
/// Takes a child's standard output and standard error as bytes, masks them, spools them, and cuts them into bounded lines. Its memory
/// does not depend on what the child writes.
/// </summary>
internal sealed class OutputPump(ExecutionOptions options, SecretMasker masker, string spoolPath, Action<OutputLine> onLine) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly LastLines _lastLines = new(options.LastLines);
    private readonly ArrayBufferWriter<byte> _cleaned = new();
    private readonly MaskingWindow _lineWindow = masker.OpenWindow();
    private readonly SpoolFile _spool = new(spoolPath, options.MaxSpoolBytes);
    private char[] _text = [];
    private bool _isClosed;

    public long Bytes { get; private set; }

    public long Lines { get; private set; }

    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_gate)
                return _lastLines.ToList();
        }
    }

    /// <summary>Gets a sentence for the job's log when the spool does not hold everything; otherwise null.</summary>
    public string? Note => _spool.Note;

    /// <summary>Gives the target for one of the two streams.</summary>
    /// <param name="fromStandardError">Which one.</param>
    /// <param name="drainToken">Ends the reading although the pipe is still open.</param>
    public PipeTarget Target(bool fromStandardError, CancellationToken drainToken) =>
        PipeTarget.Create((stream, _) => ReadAsync(stream, fromStandardError, drainToken));

    /// <summary>Closes the spool. What an abandoned child still writes is read and dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _spool.Dispose();
        }
    }

    internal async Task ReadAsync(Stream stream, bool fromStandardError, CancellationToken drainToken)
    {
        var window = masker.OpenWindow();
        // A line is cut where no secret that goes on behind the cut can be seen, for which that much more of it is kept at first.
        var lines = new LineAssembler(options.MaxLineBytes + masker.Overlap + 1, (line, dropped) => Emit(line, dropped, fromStandardError));
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (await ReadChunkAsync(stream, buffer, drainToken) is > 0 and var read)
                Take(window.Mask(buffer.AsSpan(0, read)), read, lines);
            Take(window.Finish(), 0, lines);
            End(lines);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<int> ReadChunkAsync(Stream stream, byte[] buffer, CancellationToken drainToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, drainToken);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    // One lock for both streams: lines are handed on one at a time, in the order of their arrival.
    private void Take(ReadOnlySpan<byte> masked, int read, LineAssembler lines)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            Bytes += read;
            _spool.Write(masked);
            lines.Take(masked);
        }
    }

    private void End(LineAssembler lines)
    {
        lock (_gate)
        {
            if (!_isClosed)
                lines.End();
        }
    }

    private void Emit(ReadOnlySpan<byte> line, long droppedBytes, bool fromStandardError)
    {
        var text = Render(line, droppedBytes);
        Lines++;
        _lastLines.Add(text);
        onLine(new OutputLine(text, fromStandardError));
    }

    /// <returns>The text; valid until the next line.</returns>
    private ReadOnlySpan<char> Render(ReadOnlySpan<byte> line, long droppedBytes)
    {
        var bytes = line.Length + droppedBytes;
        _cleaned.ResetWrittenCount();
        if (LineCleaner.TryClean(line, _cleaned, out var isNew))
        {
            // What was removed may have stood inside a secret and hidden it.
            line = isNew ? _lineWindow.MaskWhole(_cleaned.WrittenSpan) : _cleaned.WrittenSpan;
        }

        if (droppedBytes == 0 && line.Length <= options.MaxLineBytes)
            return Decode(line, note: "");
        // The end of a line that goes on may be the beginning of a secret.
        var limit = droppedBytes == 0 ? options.MaxLineBytes : Math.Clamp(line.Length - masker.Overlap - 1, 0, options.MaxLineBytes);
        while (limit > 0 && (line[limit] & 0xC0) == 0x80)
            limit--;
        return Decode(line[..limit], string.Create(CultureInfo.InvariantCulture, $" [cut: the line has {bytes:N0} bytes]"));
    }

    private ReadOnlySpan<char> Decode(ReadOnlySpan<byte> line, string note)
    {
        var room = Encoding.UTF8.GetMaxCharCount(line.Length) + note.Length;
        if (_text.Length < room)
            _text = new char[Math.Max(room, 2 * _text.Length)];
        var length = Encoding.UTF8.GetChars(line, _text);
        note.CopyTo(_text.AsSpan(length));
        return _text.AsSpan(0, length + note.Length);
    }
}
