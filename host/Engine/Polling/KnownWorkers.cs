using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Polling;

/// <summary>The workers that were seen to hold rows a short while ago, this host among them.</summary>
/// <remarks>One that holds nothing at a look still counts: were it left out, every share would move between two looks, and claims be lost by it.</remarks>
internal sealed class KnownWorkers(string workerId, TimeProvider time)
{
    /// <summary>How long a worker counts that is not seen any more. What would have been its share is taken by the others meanwhile, only more slowly.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> _seenAt = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();

    /// <summary>Whether this host has not looked for long enough yet to have seen everybody.</summary>
    public bool IsNew => time.GetElapsedTime(_start) < Memory;

    /// <summary>Looks who holds rows by a claim.</summary>
    /// <returns>This host's share among all who did within <see cref="Memory"/>.</returns>
    public HostShare See(IReadOnlyList<JobRow> processing)
    {
        var now = time.GetTimestamp();
        foreach (var worker in processing.Where(row => ClaimIds.OfHolder(row) is not null).Select(row => row.WorkerId).OfType<string>())
        {
            _seenAt[worker] = now;
        }

        foreach (var (worker, _) in _seenAt.Where(pair => time.GetElapsedTime(pair.Value, now) > Memory))
        {
            _seenAt.Remove(worker);
        }

        return HostShare.Among(_seenAt.Keys, workerId);
    }
}
