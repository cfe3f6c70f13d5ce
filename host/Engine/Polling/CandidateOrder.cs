using System.Security.Cryptography;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Polling;

/// <summary>The order in which a poll tries its candidates.</summary>
internal static class CandidateOrder
{
    /// <summary>How long a recheck may be due before it takes turns with pending jobs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Pending jobs come first, by priority and age, then abandoned ones, then due rechecks; but what has been due for longer than <see cref="Patience"/> takes turns
    /// with the pending ones, so that neither kind starves.
    /// </summary>
    /// <param name="candidates">What the poll found.</param>
    /// <param name="lapsed">The processing rows whose holder is gone.</param>
    /// <param name="now">The time.</param>
    /// <param name="share">
    /// This host's share where others reach for the same rows, or null: of pending ones that follow one another with one priority its own come first,
    /// and all are shuffled.
    /// </param>
    public static IEnumerable<JobRow> Of(JobCandidates candidates, IReadOnlyList<JobRow> lapsed, DateTimeOffset now, HostShare? share)
    {
        var pending = candidates.Pending.OrderBy(row => AgedStart(row, now)).ToArray();
        if (share is { } ours)
        {
            ShuffleRuns(pending, ours);
        }

        var overdue = candidates.DueRechecks.Where(row => IsOverdue(row, now)).ToList();
        var others = lapsed.Concat(overdue).ToList();
        for (var i = 0; i < Math.Max(pending.Length, others.Count); i++)
        {
            if (i < pending.Length)
            {
                yield return pending[i];
            }

            if (i < others.Count)
            {
                yield return others[i];
            }
        }

        foreach (var row in candidates.DueRechecks.Where(row => !IsOverdue(row, now)))
        {
            yield return row;
        }
    }

    private static void ShuffleRuns(JobRow[] pending, HostShare share)
    {
        for (int start = 0, end = 0; start < pending.Length; start = end)
        {
            while (end < pending.Length && pending[end].Priority == pending[start].Priority)
            {
                end++;
            }

            RandomNumberGenerator.Shuffle(pending.AsSpan(start..end));
            var run = pending[start..end];
            run.OrderByDescending(row => share.Holds(row.Id)).ToArray().CopyTo(pending, start);
        }
    }

    // One point of priority is worth a minute of waiting, so that a low priority waits longer, but not for ever.
    private static DateTimeOffset AgedStart(JobRow row, DateTimeOffset now) => (row.CreatedAt ?? now).AddMinutes(-Math.Clamp(row.Priority, -1000, 1000));

    private static bool IsOverdue(JobRow row, DateTimeOffset now) => (row.NotBefore ?? row.UpdatedAt) is not { } due || due + Patience < now;
}
