using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Upkeep;

/// <summary>Copies every row from one store to another, and never changes one that is there.</summary>
/// <remarks>
/// It needs no record of its own to go on after an end in the middle: each row is looked up before it is written, and one that is there already, the
/// same, is skipped without a write. Rows are written as they were read, each by one conditional write, so that nothing is half copied.
/// </remarks>
internal sealed class StoreCopy(IStoreUpkeep source, IStoreUpkeep target)
{
    // Rows looked up by one request and written at once, and how many such groups at once.
    private const int Group = 16;
    private const int Groups = 2;

    private static readonly string[] Watched =
    [
        JobAttributes.JobId, JobAttributes.Status, JobAttributes.Version, JobAttributes.UpdatedAt, JobAttributes.ClaimId, JobAttributes.LockExpiresAt,
    ];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _states = new(StringComparer.Ordinal);
    private readonly List<LeftRow> _conflicts = [];
    private readonly List<LeftRow> _refused = [];
    private CopyCounts _counts;

    private enum Fate
    {
        Written,
        Skipped,
        InConflict,
        Refused,
    }

    /// <summary>Counts the rows of the source, and finds those that are being processed, or were when their host died.</summary>
    public async Task<IReadOnlyList<string>> FindRunningAsync(CancellationToken cancellationToken)
    {
        var running = new List<string>();
        var total = 0;
        await foreach (var row in source.ReadRowsAsync(Watched, cancellationToken))
        {
            total++;
            if (row.Status == JobStatuses.Processing)
            {
                running.Add(row.Id);
            }
        }

        _counts = _counts with { Total = total };
        return running;
    }

    /// <summary>Copies.</summary>
    /// <param name="includeRunning">Whether rows are copied that are being processed; else they are left.</param>
    /// <param name="progress">Told after each row, by several threads.</param>
    /// <param name="cancellationToken">Ends the copy between two rows; it is no error.</param>
    /// <exception cref="StoreException">A store failed; what was copied until then stays.</exception>
    public async Task<CopyResult> RunAsync(bool includeRunning, IProgress<CopyCounts> progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<LeftRow> changed = [];
        try
        {
            await Parallel.ForEachAsync(
                source.ReadRowsAsync(null, cancellationToken).Chunk(Group),
                new ParallelOptions { MaxDegreeOfParallelism = Groups, CancellationToken = cancellationToken },
                async (rows, token) => await CopyAsync(rows, includeRunning, progress, token));
            changed = await FindChangedAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Result(isComplete: false, changed);
        }

        return Result(isComplete: true, changed);
    }

    /// <summary>What every writer changes, in few bytes, since there is one for each row.</summary>
    private static int StateOf(JobRow row)
    {
        var state = default(HashCode);
        foreach (var name in Watched)
        {
            state.Add(row.Raw(name));
        }

        return state.ToHashCode();
    }

    private async Task CopyAsync(JobRow[] rows, bool includeRunning, IProgress<CopyCounts> progress, CancellationToken cancellationToken)
    {
        var present = await target.GetRowsAsync([.. rows.Select(row => row.Id)], cancellationToken);
        await Task.WhenAll(rows.Select(async row =>
        {
            var (fate, reason) = await CopyAsync(row, present.GetValueOrDefault(row.Id), includeRunning, cancellationToken);
            progress.Report(Note(row, fate, reason));
        }));
    }

    private async Task<(Fate Fate, string Reason)> CopyAsync(JobRow row, JobRow? present, bool includeRunning, CancellationToken cancellationToken)
    {
        if (present is not null)
        {
            return Compare(row, present);
        }

        if (row.Status == JobStatuses.Processing && !includeRunning)
        {
            return (Fate.Refused, "It is being processed, since this copy began.");
        }

        try
        {
            if (await target.AddRowAsync(row, cancellationToken))
            {
                return (Fate.Written, "");
            }
        }
        catch (InvalidRowException invalid)
        {
            return (Fate.Refused, invalid.Message);
        }

        // Somebody else was faster, another copy perhaps.
        var added = await target.GetRowsAsync([row.Id], cancellationToken);
        return added.TryGetValue(row.Id, out present) ? Compare(row, present) : (Fate.InConflict, "A row that was there is gone again.");
    }

    private static (Fate Fate, string Reason) Compare(JobRow row, JobRow present) =>
        RowComparison.Differences(row, present) is { Count: > 0 } names
            ? (Fate.InConflict, $"The row that is there differs in {string.Join(", ", names)}.")
            : (Fate.Skipped, "");

    private CopyCounts Note(JobRow row, Fate fate, string reason)
    {
        lock (_lock)
        {
            _states[row.Id] = StateOf(row);
            if (fate is Fate.InConflict or Fate.Refused)
            {
                (fate == Fate.Refused ? _refused : _conflicts).Add(new LeftRow(row.Id, reason));
            }

            return _counts = _counts with
            {
                Read = _counts.Read + 1,
                Written = _counts.Written + (fate == Fate.Written ? 1 : 0),
                Skipped = _counts.Skipped + (fate == Fate.Skipped ? 1 : 0),
                Left = _conflicts.Count + _refused.Count,
            };
        }
    }

    /// <summary>Finds what a host or another writer did to the source meanwhile.</summary>
    private async Task<IReadOnlyList<LeftRow>> FindChangedAsync(CancellationToken cancellationToken)
    {
        var changed = new List<LeftRow>();
        var gone = _states.Keys.ToHashSet(StringComparer.Ordinal);
        await foreach (var row in source.ReadRowsAsync(Watched, cancellationToken))
        {
            gone.Remove(row.Id);
            if (!_states.TryGetValue(row.Id, out var state))
            {
                changed.Add(new LeftRow(row.Id, "It was added to the source during the copy, and not copied."));
            }
            else if (state != StateOf(row))
            {
                changed.Add(new LeftRow(row.Id, "It was changed in the source after it was read."));
            }
        }

        changed.AddRange(gone.Select(id => new LeftRow(id, "It was deleted from the source after it was read.")));
        return changed;
    }

    private CopyResult Result(bool isComplete, IReadOnlyList<LeftRow> changed) => new()
    {
        Counts = _counts,
        IsComplete = isComplete,
        Conflicts = [.. _conflicts],
        Refused = [.. _refused],
        Changed = changed,
    };
}
