using System.Collections.Concurrent;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>The versions that this host knows of rows that it has just claimed, lost or ended, since the indexes show them late. Thread-safe.</summary>
/// <remarks>An index entry below the known version is an old picture. One at or above it is shown at once, so that nothing is hidden for a time.</remarks>
internal sealed class RecentWrites(TimeProvider time)
{
    // Long after any usual lag; what still is old then costs one failed claim.
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);
    private long _forgotten = time.GetTimestamp();

    public void Remember(JobRow row)
    {
        if (RowVersion.Read(row.RawVersion) is { } version)
        {
            Remember(row.Id, version);
        }
    }

    /// <summary>Notes one more write of ours that raised the version.</summary>
    public void Raise(string jobId)
    {
        if (_known.TryGetValue(jobId, out var known) && known.Version < long.MaxValue)
        {
            Remember(jobId, known.Version + 1);
        }
    }

    public void RememberGone(string jobId) => Remember(jobId, long.MaxValue);

    /// <summary>Notes the version that a row has at least.</summary>
    public void Remember(string jobId, long version)
    {
        _known.AddOrUpdate(
            jobId,
            _ => new Known(version, time.GetTimestamp()),
            (_, known) => known.Version > version ? known : new Known(version, time.GetTimestamp()));
        ForgetOld();
    }

    /// <summary>Whether what an index shows is older than what this host knows.</summary>
    public bool IsOld(JobRow shown) =>
        _known.TryGetValue(shown.Id, out var known)
        && time.GetElapsedTime(known.Since) < Kept
        && (RowVersion.Read(shown.RawVersion) ?? long.MinValue) < known.Version;

    private void ForgetOld()
    {
        var last = Interlocked.Read(ref _forgotten);
        if (time.GetElapsedTime(last) < Kept || Interlocked.CompareExchange(ref _forgotten, time.GetTimestamp(), last) != last)
        {
            return;
        }

        foreach (var (jobId, _) in _known.Where(pair => time.GetElapsedTime(pair.Value.Since) >= Kept).ToList())
        {
            _known.TryRemove(jobId, out _);
        }
    }

    private readonly record struct Known(long Version, long Since);
}
