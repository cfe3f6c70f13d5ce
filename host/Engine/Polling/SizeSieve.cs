using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Polling;

/// <summary>Keeps back the candidates whose size does not suit this host. Thread-safe, but for one poller.</summary>
/// <remarks>
/// Nobody waits for a size: a candidate of unknown size is set aside while its handler is asked, and comes back by itself if it suits.
/// What is set aside or does not suit is left out of the next listings, so that a page never holds only such rows.
/// </remarks>
internal sealed partial class SizeSieve(ServedJobs served, TimeProvider time, ILogger logger)
{
    private readonly ConcurrentDictionary<string, KnownSize> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<JobRow> _suitable = new();
    private readonly Dictionary<IJobSizer, SizeQuestions> _questions = new(ReferenceEqualityComparer.Instance);
    private volatile bool _answered;

    /// <summary>Whether a handler is being asked.</summary>
    public bool IsAsking => !_asked.IsEmpty;

    /// <summary>Whether there is, or may soon be, a candidate that no listing has given yet.</summary>
    public bool MayHaveMore => IsAsking || !_suitable.IsEmpty || _answered;

    /// <summary>Gives the ids that a listing is to leave out, and forgets the sizes of jobs that were not listed for long.</summary>
    public IEnumerable<string> LeftOut()
    {
        // Before the sizes are read: an answer that comes meanwhile asks for one more listing.
        _answered = false;
        foreach (var (jobId, _) in _known.Where(pair => Age(pair.Value) > 2 * SizeQuestions.Known))
        {
            _known.TryRemove(jobId, out _);
        }

        return _asked.Keys.Concat(_known.Where(pair => Holds(pair.Value) && !served.Instance.Takes(pair.Value.Size)).Select(pair => pair.Key));
    }

    /// <summary>Whether this host takes a candidate now. If nobody knows yet, its handler is asked.</summary>
    /// <param name="row">The candidate as it was listed.</param>
    /// <param name="answered">Called when the candidate, or the last one that was asked for, has got its answer.</param>
    /// <param name="stoppingToken">Ends the question.</param>
    public bool Lets(JobRow row, Action answered, CancellationToken stoppingToken)
    {
        if (served.Instance.TakesAll)
        {
            return true;
        }

        if (_known.TryGetValue(row.Id, out var known) && Holds(known))
        {
            return served.Instance.Takes(known.Size);
        }

        if (served.SizerOf(row.JobType) is not { } sizer)
        {
            return served.Instance.Takes(JobSize.Normal) || KeepBack(row, answered);
        }

        if (_asked.TryAdd(row.Id, true))
        {
            _ = AskAsync(QuestionsTo(sizer), row, answered, stoppingToken);
        }

        return false;
    }

    /// <summary>Takes a candidate that was set aside and suits.</summary>
    public bool TryTake([NotNullWhen(true)] out JobRow? row) => _suitable.TryDequeue(out row);

    /// <summary>Forgets the size of a job that is claimed: only those that wait are remembered.</summary>
    public void Forget(string jobId) => _known.TryRemove(jobId, out _);

    private async Task AskAsync(SizeQuestions questions, JobRow row, Action answered, CancellationToken stoppingToken)
    {
        var suits = false;
        try
        {
            suits = Learn(row, await questions.AskAsync(row, stoppingToken));
            if (suits)
            {
                _suitable.Enqueue(row);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops, and takes no more jobs.
        }

        _answered = true;
        _asked.TryRemove(row.Id, out _);
        if (suits || _asked.IsEmpty)
        {
            answered();
        }
    }

    private bool KeepBack(JobRow row, Action answered)
    {
        Learn(row, new SizeAnswer(JobSize.Normal, SizeQuestions.Known));
        _answered = true;
        answered();
        return false;
    }

    /// <summary>Remembers a size. Whoever watches the log is told once of a job that does not suit, as long as that stays so.</summary>
    private bool Learn(JobRow row, SizeAnswer answer)
    {
        var suits = served.Instance.Takes(answer.Size);
        if (!suits && !(_known.TryGetValue(row.Id, out var before) && before.Size == answer.Size))
        {
            LogJobNotSuited(served.Instance.Size, row.Id, answer.Size == JobSize.Large ? "large" : "normal");
        }

        _known[row.Id] = new KnownSize(answer.Size, time.GetTimestamp(), answer.HoldsFor);
        return suits;
    }

    private SizeQuestions QuestionsTo(IJobSizer sizer)
    {
        if (!_questions.TryGetValue(sizer, out var questions))
        {
            questions = _questions[sizer] = new SizeQuestions(sizer, time, logger);
        }

        return questions;
    }

    private bool Holds(KnownSize known) => Age(known) < known.HoldsFor;

    private TimeSpan Age(KnownSize known) => time.GetElapsedTime(known.Since);

    [LoggerMessage(EventName = "JobNotSuited", Level = LogLevel.Information, Message = "Worker instance type '{InstanceSize}' cannot process job '{JobId}' of size '{JobSize}'. Skipping for now.")]
    private partial void LogJobNotSuited(string? instanceSize, string jobId, string jobSize);

    private readonly record struct KnownSize(JobSize Size, long Since, TimeSpan HoldsFor);
}
