using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Execution.Output;

/// <summary>The file that keeps the beginning of an attempt's output, masked but otherwise as the child wrote it. Not thread-safe.</summary>
/// <remarks>A disk that is full or gone costs the spool, not the job: the rest is counted, and a note says so.</remarks>
internal sealed class SpoolFile(string path, long maxBytes) : IDisposable
{
    private FileStream? _file;
    private long _written;
    private string? _fault;

    /// <summary>Gets how many bytes did not go into the file.</summary>
    public long DroppedBytes { get; private set; }

    /// <summary>Gets a sentence for the job's log when the file does not hold everything; otherwise null.</summary>
    public string? Note => DroppedBytes == 0
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"The last {DroppedBytes:N0} bytes of output are not in the spool file: {_fault ?? Limit}.");

    private string Limit => string.Create(CultureInfo.InvariantCulture, $"it is limited to {maxBytes:N0} bytes by 'execution.max_spool_bytes'");

    public void Write(ReadOnlySpan<byte> bytes)
    {
        var kept = _fault is null ? (int)Math.Min(bytes.Length, maxBytes - _written) : 0;
        if (kept > 0 && TryWrite(bytes[..kept]))
            _written += kept;
        else
            kept = 0;
        DroppedBytes += bytes.Length - kept;
    }

    /// <summary>Writes the note about what is missing, and closes the file.</summary>
    public void Dispose()
    {
        if (Note is { } note && _fault is null)
            TryWrite(Encoding.UTF8.GetBytes($"\n[{note}]\n"));
        _file?.Dispose();
        _file = null;
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file ??= Create();
            _file.Write(bytes);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _fault = $"it could not be written ({e.Message.TrimEnd('.')})";
            return false;
        }
    }

    // Without a buffer of its own, so that a reader of the file sees each line as soon as it is there.
    private FileStream Create()
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
        return new FileStream(path, options);
    }
}
