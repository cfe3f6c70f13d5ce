using System.Collections.Concurrent;
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

    private readonly ConcurrentDictionary<string, string> _read = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<LeftRow> _conflicts = new();
    private readonly ConcurrentQueue<LeftRow> _refused = new();
    private int _total;
    private int _written;
    private int _skipped;

    private CopyCounts Counts => new()
    {
        Total = _total,
        Read = _read.Count,
        Written = Volatile.Read(ref _written),
        Skipped = Volatile.Read(ref _skipped),
        Left = _conflicts.Count + _refused.Count,
    };

    /// <summary>Counts the rows of the source, and finds those that are being processed, or were when their host died.</summary>
    public async Task<IReadOnlyList<string>> FindRunningAsync(CancellationToken cancellationToken)
    {
        var running = new List<string>();
        _total = 0;
        await foreach (var row in source.ReadRowsAsync(Watched, cancellationToken))
        {
            _total++;
            if (row.Status == JobStatuses.Processing)
            {
                running.Add(row.Id);
            }
        }

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

    private static string StateOf(JobRow row) => string.Join('\n', Watched.Select(name => row.Raw(name)?.Text ?? "\0"));

    private async Task CopyAsync(JobRow[] rows, bool includeRunning, IProgress<CopyCounts> progress, CancellationToken cancellationToken)
    {
        var present = await target.GetRowsAsync([.. rows.Select(row => row.Id)], cancellationToken);
        await Task.WhenAll(rows.Select(async row =>
        {
            await CopyAsync(row, present.GetValueOrDefault(row.Id), includeRunning, cancellationToken);
            _read[row.Id] = StateOf(row);
            progress.Report(Counts);
        }));
    }

    private async Task CopyAsync(JobRow row, JobRow? present, bool includeRunning, CancellationToken cancellationToken)
    {
        if (present is null && row.Status == JobStatuses.Processing && !includeRunning)
        {
            _refused.Enqueue(new LeftRow(row.Id, "It is being processed."));
        }
        else if (present is not null)
        {
            Compare(row, present);
        }
        else
        {
            await AddAsync(row, cancellationToken);
        }
    }

    private async Task AddAsync(JobRow row, CancellationToken cancellationToken)
    {
        try
        {
            if (await target.AddRowAsync(row, cancellationToken))
            {
                Interlocked.Increment(ref _written);
            }
            else
            {
                // Somebody else was faster, another copy perhaps.
                var present = await target.GetRowsAsync([row.Id], cancellationToken);
                Compare(row, present.GetValueOrDefault(row.Id) ?? new JobRow(new Dictionary<string, RowValue>()));
            }
        }
        catch (InvalidRowException refused)
        {
            _refused.Enqueue(new LeftRow(row.Id, refused.Message));
        }
    }

    private void Compare(JobRow row, JobRow present)
    {
        if (RowComparison.Differences(row, present) is { Count: > 0 } names)
        {
            _conflicts.Enqueue(new LeftRow(row.Id, $"The row that is there differs in {string.Join(", ", names)}."));
        }
        else
        {
            Interlocked.Increment(ref _skipped);
        }
    }

    /// <summary>Finds what a host or another writer did to the source meanwhile.</summary>
    private async Task<IReadOnlyList<LeftRow>> FindChangedAsync(CancellationToken cancellationToken)
    {
        var changed = new List<LeftRow>();
        var gone = _read.Keys.ToHashSet(StringComparer.Ordinal);
        await foreach (var row in source.ReadRowsAsync(Watched, cancellationToken))
        {
            gone.Remove(row.Id);
            if (!_read.TryGetValue(row.Id, out var state))
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
        Counts = Counts,
        IsComplete = isComplete,
        Conflicts = [.. _conflicts],
        Refused = [.. _refused],
        Changed = changed,
    };
}
