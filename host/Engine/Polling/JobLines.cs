using System.Globalization;
using System.Numerics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Polling;

/// <summary>Takes a line for standard output; must not block.</summary>
/// <param name="line">The line, without its end.</param>
/// <param name="isWanted">Whether readers look for it or the host itself says it, so that it is the last to be dropped.</param>
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

    // Ordinary lines, however many errors are among them, leave this much to those that are wanted.
    private const int Reserve = Capacity / 4;

    private static readonly byte[] LineEnd = Encoding.UTF8.GetBytes(Environment.NewLine);

    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly ILogger<JobLines> _logger;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly Task _writing;
    private List<LineBlock> _waiting = [];
    private List<LineBlock> _spare = [];
    private TaskCompletionSource _endPause = NewSignal();
    private int _held;
    private long _heldLines;
    private long _lost;
    private bool _isClosed;

    // Of the writing task alone: why the last write failed.
    private string? _failure;

    /// <param name="output">Where to; takes whole lines of UTF-8 at a time. Not disposed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is said that the lines cannot be written.</param>
    public JobLines(Stream output, TimeProvider time, ILogger<JobLines> logger)
    {
        (_output, _time, _logger) = (output, time, logger);
        _writing = Task.Run(WriteAllAsync);
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
                _lost++;
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

    /// <summary>Takes no more lines, and waits until all are written: for as long as the reader takes, as programs behind a pipe do, or until a stop.</summary>
    public async Task CompleteAsync(CancellationToken stoppingToken)
    {
        Close();
        await _writing.WaitAsync(StopGrace, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writing.IsCompleted && !stoppingToken.IsCancellationRequested)
        {
            LogWaiting(Unwritten());
            await _writing.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes no more lines, and waits for a reader for <see cref="StopGrace"/> at most.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        await _writing.WaitAsync(StopGrace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writing.IsCompleted)
        {
            LogGivenUp(Unwritten());
            return;
        }

        await _writing;
        _filled.Dispose();
        if (Unwritten() is > 0 and var lines)
        {
            LogLost(lines);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Close()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            if (_waiting.Count == 0)
            {
                _filled.Release();
            }

            _endPause.TrySetResult();
        }
    }

    private LineBlock? RoomFor(ReadOnlySpan<char> line, int limit)
    {
        var free = _waiting.Count > 0 ? _waiting[^1].Free : 0;
        var needed = Encoding.UTF8.GetMaxByteCount(line.Length) + LineEnd.Length;
        if (free < needed)
        {
            needed = Encoding.UTF8.GetByteCount(line) + LineEnd.Length;
        }

        var isThere = free >= needed;
        var more = isThere ? 0 : Math.Max((int)BitOperations.RoundUpToPowerOf2((uint)needed), BlockBytes); // As the pool gives it.
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
            var (blocks, lost, isLast, endPause) = Take();
            foreach (var block in blocks)
            {
                var isLost = !await TryWriteAsync(block.Written);
                lost += isLost ? block.Lines : 0;
                Release(block, isLost);
            }

            if (lost > 0)
            {
                await TellAsync(lost);
            }

            if (isLast)
            {
                return;
            }

            await endPause.WaitAsync(Pause, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TellAsync(long lost)
    {
        var reason = _failure is null ? "nobody read fast enough" : $"writing failed: {_failure}";
        var line = string.Create(CultureInfo.InvariantCulture, $"[DELPHI JOB --------] WARNING: {lost} lines were not written, since {reason}{Environment.NewLine}");
        if (await TryWriteAsync(Encoding.UTF8.GetBytes(line)))
        {
            Told(lost);
            _failure = null;
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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (_failure is null)
            {
                LogNotWritten(exception.Message);
            }

            _failure = exception.Message;
            return false;
        }
    }

    private (List<LineBlock> Blocks, long Lost, bool IsLast, Task EndPause) Take()
    {
        lock (_lock)
        {
            _spare.Clear();
            (_waiting, _spare) = (_spare, _waiting);
            if (_endPause.Task.IsCompleted && !_isClosed)
            {
                _endPause = NewSignal();
            }

            return (_spare, _lost, _isClosed, _endPause.Task);
        }
    }

    private void Release(LineBlock block, bool isLost)
    {
        lock (_lock)
        {
            _held -= block.Size;
            _heldLines -= block.Lines;
            _lost += isLost ? block.Lines : 0;
        }

        block.Dispose();
    }

    private void Told(long lost)
    {
        lock (_lock)
        {
            _lost -= lost;
        }
    }

    private long Unwritten()
    {
        lock (_lock)
        {
            return _heldLines + _lost;
        }
    }

    [LoggerMessage(
        EventName = "JobLinesWaiting", Level = LogLevel.Warning,
        Message = "All jobs have ended. {Lines} lines of them wait for a reader of standard output")]
    private partial void LogWaiting(long lines);

    [LoggerMessage(
        EventName = "JobLinesGivenUp", Level = LogLevel.Warning,
        Message = "Nobody reads standard output, and the host stops: {Lines} lines of the jobs, or some of them, are not written")]
    private partial void LogGivenUp(long lines);

    [LoggerMessage(
        EventName = "JobLinesLost", Level = LogLevel.Error,
        Message = "{Lines} lines of the jobs could not be written to standard output")]
    private partial void LogLost(long lines);

    [LoggerMessage(
        EventName = "JobLinesNotWritten", Level = LogLevel.Error,
        Message = "The lines of the jobs cannot be written to standard output: {Reason}. Jobs go on; the lines are lost until it works again, and how many is said there then")]
    private partial void LogNotWritten(string reason);
}
