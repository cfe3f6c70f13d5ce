using System.Collections.Concurrent;
using DelphiRunner.Engine.Stores;

namespace DelphiRunner.Engine.Polling;

/// <summary>The candidates that were lost or did not suit, so that none of them can block those behind it. Thread-safe.</summary>
/// <param name="length">How long a row is left out.</param>
/// <param name="losses">After so many losses a row is left out for good.</param>
/// <param name="time">The clock.</param>
internal sealed class SkipList(TimeSpan length, int losses, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>How long a row is left out.</summary>
    public TimeSpan Length => length;

    public int Count => _entries.Count;

    public void Add(string jobId) =>
        _entries.AddOrUpdate(
            jobId, _ => new Entry(time.GetTimestamp(), 1), (_, entry) => new Entry(time.GetTimestamp(), entry.Losses + 1));

    /// <summary>Leaves a row out for a while that nobody else has won: it is tried again, however often that is.</summary>
    public void Pause(string jobId) =>
        _entries.AddOrUpdate(jobId, _ => new Entry(time.GetTimestamp(), 0), (_, entry) => entry with { Since = time.GetTimestamp() });

    public void Remove(string jobId) => _entries.TryRemove(jobId, out _);

    /// <summary>The ids that are to be left out now.</summary>
    public IReadOnlySet<string> Current() =>
        _entries.Where(pair => pair.Value.Losses >= losses || time.GetElapsedTime(pair.Value.Since) < length).Select(pair => pair.Key).ToHashSet();

    /// <summary>Whether a skipped row is waiting to be tried again.</summary>
    public bool HasRetries => _entries.Values.Any(entry => entry.Losses < losses);

    /// <summary>Forgets what a poll could have listed and did not: somebody else has it.</summary>
    public void ForgetUnlisted(IReadOnlySet<string> leftOut, JobCandidates candidates)
    {
        var listed = candidates.Pending.Concat(candidates.DueRechecks).Concat(candidates.Processing).Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var jobId in _entries.Keys.Where(jobId => !leftOut.Contains(jobId) && !listed.Contains(jobId)))
        {
            _entries.TryRemove(jobId, out _);
        }
    }

    /// <summary>Forgets what was skipped long ago, so that the list stays small.</summary>
    public void Forget()
    {
        foreach (var (jobId, _) in _entries.Where(pair => pair.Value.Losses < losses && time.GetElapsedTime(pair.Value.Since) > 10 * length))
        {
            _entries.TryRemove(jobId, out _);
        }
    }

    private readonly record struct Entry(long Since, int Losses);
}
