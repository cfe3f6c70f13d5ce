using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Execution.Output;

/// <summary>
/// Keeps the beginning and the end of an attempt's output, masked but otherwise as the child wrote it: where the reason of a failure stands.
/// What the middle loses is counted and said between the two. Not thread-safe.
/// </summary>
/// <remarks>
/// Half of the room is for the beginning, the other for two segments of the end, of which the older gives way to a new one. The files are
/// those of <see cref="SpoolParts"/>. A disk that is full or gone costs the spool, not the job: the rest is counted, and a note says so.
/// </remarks>
internal sealed class SpoolFile(string path, long maxBytes) : IDisposable
{
    private const int Segments = 2;

    private readonly long _segmentBytes = maxBytes / 2 / Segments;
    private readonly Queue<string> _segments = new();
    private FileStream? _part;
    private long _taken;
    private long _roomInPart;
    private long _leftOut;
    private long _lost;
    private string? _fault;
    private bool _isClosed;

    /// <summary>Gets how many bytes are not in the files.</summary>
    public long DroppedBytes => _leftOut + _lost;

    /// <summary>Gets a sentence for the job's log when the files do not hold everything; otherwise null.</summary>
    public string? Note => DroppedBytes == 0
        ? null
        : string.Join(' ', new[] { _leftOut > 0 ? LeftOutNote : null, _lost > 0 ? LostNote : null }.OfType<string>());

    private string LeftOutNote => string.Create(
        CultureInfo.InvariantCulture,
        $"{_leftOut:N0} bytes in the middle of the output are not in the spool: it is limited to {maxBytes:N0} bytes by 'execution.max_spool_bytes'.");

    private string LostNote => string.Create(CultureInfo.InvariantCulture, $"The last {_lost:N0} bytes of output are not in the spool: {_fault}.");

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_isClosed || _fault is not null || (_roomInPart == 0 && !Try(OpenNextPart)))
            {
                _lost += bytes.Length;
                return;
            }

            var kept = (int)Math.Min(bytes.Length, _roomInPart);
            if (!TryWrite(bytes[..kept]))
                continue;
            _roomInPart -= kept;
            _taken += kept;
            bytes = bytes[kept..];
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        _part?.Dispose();
        _part = null;
    }

    private void OpenNextPart()
    {
        _part?.Dispose();
        _part = null;
        if (_taken == 0)
        {
            SpoolParts.DeleteTail(path);
            _part = Create(path);
            _roomInPart = maxBytes - (Segments * _segmentBytes);
            return;
        }

        if (_segments.Count == Segments)
        {
            // Said before it happens: a host that is killed in between leaves no gap that is not told of.
            _leftOut += _segmentBytes;
            using (var note = Create(SpoolParts.NoteOf(path)))
                note.Write(Encoding.UTF8.GetBytes($"\n[{LeftOutNote}]\n"));
            File.Delete(_segments.Dequeue());
        }

        var segment = SpoolParts.SegmentOf(path, _taken);
        _part = Create(segment);
        _segments.Enqueue(segment);
        _roomInPart = _segmentBytes;
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _part!.Write(bytes); // There is one wherever there is room.
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
            return false;
        }
    }

    private bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
            return false;
        }
    }

    private void Fail(Exception e) => _fault = $"it could not be written ({e.Message.TrimEnd('.')})";

    // Without a buffer of its own, so that a reader of the file sees each line as soon as it is there.
    private static FileStream Create(string file)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(file, options);
    }
}
