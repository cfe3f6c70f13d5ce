using System.Buffers;
using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Polling;

/// <summary>Takes a line for standard output; must not block.</summary>
/// <param name="line">The line, without its end.</param>
/// <param name="isWanted">Whether readers look for it, so that it is the last to be dropped.</param>
internal delegate void TakeJobLine(ReadOnlySpan<char> line, bool isWanted);

/// <summary>Writes the lines of all jobs to standard output, in their order, on its own task.</summary>
/// <remarks>A reader that does not read must not stall a child: what does not fit into the buffer is dropped and counted in a line of its own.</remarks>
internal sealed class JobLines : IAsyncDisposable
{
    // A busy host has new lines thousands of times a second; to hand over each by itself costs more than to make it.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // More than this at once, in characters, is a flood, which no pause makes cheaper: it would only pile up in memory.
    private const int Flood = 64 * 1024;

    /// <summary>The most characters that wait for a reader: 8 MiB in memory, of which there are two at most.</summary>
    public const int Capacity = 4 * 1024 * 1024;

    // Ordinary lines leave this much to those that readers look for.
    private const int Reserve = Capacity / 4;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _writing;
    private ArrayBufferWriter<char> _waiting = new();
    private ArrayBufferWriter<char> _spare = new();
    private long _dropped;
    private bool _isClosed;

    public JobLines(TextWriter output, TimeProvider time)
    {
        _writing = Task.Run(() => WriteAllAsync(output, time));
    }

    /// <summary>Makes a writer that hands on as much at once as a flood brings; that of <see cref="Console"/> hands on 256 characters.</summary>
    /// <param name="output">Where to, for instance standard output. Disposed with the writer.</param>
    /// <param name="encoding">How.</param>
    public static StreamWriter WriterOn(Stream output, Encoding encoding) => new(output, encoding, Flood);

    /// <inheritdoc cref="TakeJobLine"/>
    public void Write(ReadOnlySpan<char> line, bool isWanted)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            if (_waiting.WrittenCount + line.Length >= (isWanted ? Capacity : Capacity - Reserve))
            {
                _dropped++;
                return;
            }

            var wasEmpty = _waiting.WrittenCount == 0;
            _waiting.Write(line);
            _waiting.Write(Environment.NewLine);
            if (wasEmpty)
            {
                _filled.Release();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_waiting.WrittenCount == 0)
            {
                _filled.Release();
            }
        }

        await _closing.CancelAsync();
        await _writing;
        _closing.Dispose();
        _filled.Dispose();
    }

    private async Task WriteAllAsync(TextWriter output, TimeProvider time)
    {
        while (true)
        {
            await _filled.WaitAsync();
            var (lines, dropped, isLast) = Take();
            await output.WriteAsync(lines.WrittenMemory);
            if (dropped > 0)
            {
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"[DELPHI JOB --------] WARNING: {dropped} lines were not written, since nobody read fast enough"));
            }

            await output.FlushAsync();
            if (isLast)
            {
                return;
            }

            if (lines.WrittenCount < Flood)
            {
                await Task.Delay(Pause, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private (ArrayBufferWriter<char> Lines, long Dropped, bool IsLast) Take()
    {
        lock (_lock)
        {
            var taken = (_waiting, _dropped, _isClosed);
            // A large buffer is kept as long as the flood goes on that made it grow.
            var next = _spare.WrittenCount < Flood && _spare.Capacity > 4 * Flood ? new() : _spare;
            next.ResetWrittenCount();
            (_waiting, _spare) = (next, _waiting);
            _dropped = 0;
            return taken;
        }
    }
}
