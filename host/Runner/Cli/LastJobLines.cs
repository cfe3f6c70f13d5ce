using System.Collections.Concurrent;
using System.Text;

namespace DelphiRunner.Runner.Cli;

/// <summary>Takes the lines of the jobs' logs and keeps the last one of each job, by the eight characters of its id that a line begins with.</summary>
internal sealed class LastJobLines : Stream
{
    private const string Prefix = "[DELPHI JOB ";

    private readonly ConcurrentDictionary<string, string> _byJob = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> ByJob => _byJob;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Takes whole lines, in UTF-8.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        foreach (var line in Encoding.UTF8.GetString(buffer).AsSpan().EnumerateLines())
        {
            Take(line);
        }
    }

    /// <inheritdoc cref="Write(ReadOnlySpan{byte})"/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc cref="Write(ReadOnlySpan{byte})"/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Take(ReadOnlySpan<char> line)
    {
        if (line.StartsWith(Prefix) && line.IndexOf(']') is > 0 and var end)
        {
            _byJob[line[Prefix.Length..end].ToString()] = line[(end + 1)..].Trim().ToString();
        }
    }
}
