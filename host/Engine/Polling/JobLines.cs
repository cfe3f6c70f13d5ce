using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Polling;

/// <summary>Takes a line for standard output; must not block.</summary>
/// <param name="line">The line, without its end.</param>
/// <param name="isWanted">Whether readers look for it, so that it is the last to be dropped.</param>
internal delegate void TakeJobLine(ReadOnlySpan<char> line, bool isWanted);

/// <summary>Writes the lines of all jobs to standard output, in their order, on its own task.</summary>
/// <remarks>
/// A reader that does not read must not stall a child: what does not fit into the buffer is dropped and counted in a line of its own, and so
/// is what could not be written.
/// </remarks>
internal sealed partial class JobLines : IAsyncDisposable
{
    // A busy host has new lines thousands of times a second; to hand over each by itself costs more than to make it.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a stop waits for a reader that does not read.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    // So much a write, and with so many blocks the pause is over: to wait on makes it no cheaper, and the lines pile up.
    private const int BlockBytes = 64 * 1024;
    private const int ManyBlocks = 16;

    /// <summary>The most bytes of memory for lines that wait for a reader.</summary>
    public const int Capacity = 8 * 1024 * 1024;

    // Ordinary lines leave this much to those that readers look for.
    private const int Reserve = Capacity / 4;

    private static readonly byte[] LineEnd = Encoding.UTF8.GetBytes(Environment.NewLine);

    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly ILogger<JobLines> _logger;
    private readonly CancellationToken _stoppingToken;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly Task _writing;
    private List<LineBlock> _waiting = [];
    private List<LineBlock> _spare = [];
    private TaskCompletionSource _endPause = NewSignal();
    private int _held;
    private long _heldLines;
    private long _dropped;
    private bool _isClosed;

    // Of the writing task alone: the lines of which it was not yet said that they are lost, and why the last write failed.
    private long _lost;
    private string? _failure;

    /// <param name="output">Where to; takes whole lines of UTF-8 at a time. Not disposed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is said that the lines cannot be written.</param>
    /// <param name="stoppingToken">Stops the host. Until then the end waits for a reader as long as it takes, as programs behind a pipe do.</param>
    public JobLines(Stream output, TimeProvider time, ILogger<JobLines> logger, CancellationToken stoppingToken)
    {
        (_output, _time, _logger, _stoppingToken) = (output, time, logger, stoppingToken);
        _writing = Task.Run(WriteAllAsync, CancellationToken.None);
    }

    /// <inheritdoc cref="TakeJobLine"/>
    public void Write(ReadOnlySpan<char> line, bool isWanted)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            var wasEmpty = _waiting.Count == 0;
            if (RoomFor(line, isWanted ? Capacity : Capacity - Reserve) is not { } block)
            {
                _dropped++;
                return;
            }

            block.Add(line, LineEnd);
            _heldLines++;
            if (wasEmpty)
            {
                _filled.Release();
            }
            else if (_waiting.Count >= ManyBlocks)
            {
                _endPause.TrySetResult();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_waiting.Count == 0)
            {
                _filled.Release();
            }

            _endPause.TrySetResult();
        }

        await _writing.WaitAsync(_stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _writing.WaitAsync(StopGrace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writing.IsCompleted)
        {
            LogGivenUp(Unwritten());
            return;
        }

        await _writing;
        _filled.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LineBlock? RoomFor(ReadOnlySpan<char> line, int limit)
    {
        var isThere = _waiting.Count > 0 && _waiting[^1].Free >= Encoding.UTF8.GetMaxByteCount(line.Length) + LineEnd.Length;
        var more = isThere ? 0 : Math.Max(Encoding.UTF8.GetByteCount(line) + LineEnd.Length, BlockBytes);
        if (_held + more > limit)
        {
            return null;
        }

        if (!isThere)
        {
            var block = new LineBlock(more);
            _held += block.Size;
            _waiting.Add(block);
        }

        return _waiting[^1];
    }

    private async Task WriteAllAsync()
    {
        while (true)
        {
            await _filled.WaitAsync();
            var (blocks, dropped, isLast, endPause) = Take();
            _lost += dropped;
            foreach (var block in blocks)
            {
                _lost += await TryWriteAsync(block.Written) ? 0 : block.Lines;
                Release(block);
            }

            if (_lost > 0)
            {
                await TellLostAsync();
            }

            if (isLast)
            {
                return;
            }

            await endPause.WaitAsync(Pause, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TellLostAsync()
    {
        var reason = _failure is null ? "nobody read fast enough" : $"writing failed: {_failure}";
        var line = string.Create(CultureInfo.InvariantCulture, $"[DELPHI JOB --------] WARNING: {_lost} lines were not written, since {reason}{Environment.NewLine}");
        if (await TryWriteAsync(Encoding.UTF8.GetBytes(line)))
        {
            (_lost, _failure) = (0, null);
        }
    }

    private async Task<bool> TryWriteAsync(ReadOnlyMemory<byte> lines)
    {
        try
        {
            await _output.WriteAsync(lines);
            await _output.FlushAsync();
            return true;
        }
        catch (IOException exception)
        {
            if (_failure is null)
            {
                LogNotWritten(exception.Message);
            }

            _failure = exception.Message;
            return false;
        }
    }

    private (List<LineBlock> Blocks, long Dropped, bool IsLast, Task EndPause) Take()
    {
        lock (_lock)
        {
            _spare.Clear();
            (_waiting, _spare) = (_spare, _waiting);
            var dropped = _dropped;
            _dropped = 0;
            if (_endPause.Task.IsCompleted && !_isClosed)
            {
                _endPause = NewSignal();
            }

            return (_spare, dropped, _isClosed, _endPause.Task);
        }
    }

    private void Release(LineBlock block)
    {
        lock (_lock)
        {
            _held -= block.Size;
            _heldLines -= block.Lines;
        }

        block.Dispose();
    }

    private long Unwritten()
    {
        lock (_lock)
        {
            return _heldLines + _dropped;
        }
    }

    [LoggerMessage(
        EventName = "JobLinesGivenUp", Level = LogLevel.Warning,
        Message = "Nobody reads standard output, and the host stops: the last {Lines} lines of the jobs, or some of them, are not written")]
    private partial void LogGivenUp(long lines);

    [LoggerMessage(
        EventName = "JobLinesNotWritten", Level = LogLevel.Error,
        Message = "The lines of the jobs cannot be written to standard output: {Reason}. Jobs go on; the lines are lost until it works again, and how many is said there then")]
    private partial void LogNotWritten(string reason);
}
