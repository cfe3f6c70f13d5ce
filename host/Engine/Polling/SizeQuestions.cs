using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Polling;

/// <summary>The size of a job, and for how long it holds.</summary>
internal readonly record struct SizeAnswer(JobSize Size, TimeSpan HoldsFor);

/// <summary>Asks a handler how large a job is. Whatever goes wrong there, an answer comes in time: the job is normal then.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore makes no wait handle, so that there is nothing to dispose of.")]
internal sealed partial class SizeQuestions(IJobSizer sizer, TimeProvider time, ILogger logger)
{
    /// <summary>How long a handler may take for one answer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer holds.</summary>
    public static readonly TimeSpan Known = TimeSpan.FromMinutes(5);

    /// <summary>How long a job counts as normal after its handler failed, and how long a handler is left alone that did not answer.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private const int AtOnce = 4;

    // A handler that puts the job into its message would otherwise log a line for each.
    private const int MostFailures = 32;

    private static readonly TimeSpan LoggedAgain = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _room = new(AtOnce);
    private readonly Dictionary<string, long> _logged = new(StringComparer.Ordinal);
    private int _hanging;
    private long _hungAt;
    private bool _everHung;

    private bool IsPaused => Volatile.Read(ref _hanging) > 0 || (Volatile.Read(ref _everHung) && time.GetElapsedTime(Volatile.Read(ref _hungAt)) < Pause);

    /// <summary>Asks, after those that were asked before.</summary>
    /// <exception cref="OperationCanceledException">The host stops.</exception>
    public async Task<SizeAnswer> AskAsync(JobRow row, CancellationToken stoppingToken)
    {
        await _room.WaitAsync(stoppingToken);
        try
        {
            return IsPaused ? new SizeAnswer(JobSize.Normal, Pause) : await CallAsync(row.ToJob(), stoppingToken);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task<SizeAnswer> CallAsync(Job job, CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var answerToken = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, limit.Token);
        var token = answerToken.Token;
        var call = Task.Run(() => sizer.SizeAsync(job, token), CancellationToken.None);
        try
        {
            var size = await call.WaitAsync(token);
            return new SizeAnswer(Enum.IsDefined(size) ? size : JobSize.Normal, Known);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LeaveAlone(call);
            throw;
        }
        catch (Exception) when (limit.IsCancellationRequested)
        {
            LeaveAlone(call);
            LogOnce(string.Create(CultureInfo.InvariantCulture, $"no answer within {Limit.TotalSeconds:0} s"));
            return new SizeAnswer(JobSize.Normal, Pause);
        }
        catch (Exception exception)
        {
            // The border of one call into a plugin.
            LogOnce($"{exception.GetType().Name}: {exception.Message}");
            return new SizeAnswer(JobSize.Normal, Pause);
        }
    }

    /// <summary>Lets a call go on that nobody waits for any more. While it does, and for a while after, no other is made.</summary>
    private void LeaveAlone(Task call)
    {
        Volatile.Write(ref _hungAt, time.GetTimestamp());
        Volatile.Write(ref _everHung, true);
        Interlocked.Increment(ref _hanging);
        _ = call.ContinueWith(
            late =>
            {
                _ = late.Exception;
                Interlocked.Decrement(ref _hanging);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private void LogOnce(string message)
    {
        // One line, whatever the handler put into it.
        var reason = message.ReplaceLineEndings(" ");
        if (IsDue(reason))
        {
            LogSizeUnknown(sizer.GetType().FullName ?? "", reason);
        }
    }

    private bool IsDue(string reason)
    {
        lock (_logged)
        {
            var kind = _logged.Count < MostFailures || _logged.ContainsKey(reason) ? reason : "";
            var isDue = !_logged.TryGetValue(kind, out var before) || time.GetElapsedTime(before) >= LoggedAgain;
            if (isDue)
            {
                _logged[kind] = time.GetTimestamp();
            }

            return isDue;
        }
    }

    [LoggerMessage(EventName = "SizeUnknown", Level = LogLevel.Warning, Message = "Handler {Handler} could not tell the size of a job, which counts as normal now: {Reason}")]
    private partial void LogSizeUnknown(string handler, string reason);
}
