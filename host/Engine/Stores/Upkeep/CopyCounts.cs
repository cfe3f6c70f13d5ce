namespace DelphiRunner.Engine.Stores.Upkeep;

/// <summary>How far a copy has come.</summary>
internal readonly record struct CopyCounts
{
    /// <summary>How many rows there were to read when the copy began.</summary>
    public int Total { get; init; }

    public int Read { get; init; }

    public int Written { get; init; }

    /// <summary>Rows that were there already, the same.</summary>
    public int Skipped { get; init; }

    /// <summary>Rows whose id is taken by another row, or that could not be stored.</summary>
    public int Left { get; init; }
}

/// <summary>A row that was not copied, and why.</summary>
internal sealed record LeftRow(string JobId, string Reason);

/// <summary>What a copy has done, up to its end or to where it was cancelled.</summary>
internal sealed record CopyResult
{
    public required CopyCounts Counts { get; init; }

    /// <summary>Whether every row was looked at.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Rows that are there but differ; they are as they were.</summary>
    public required IReadOnlyList<LeftRow> Conflicts { get; init; }

    /// <summary>Rows that the other store cannot hold, or that came to be processed during the copy.</summary>
    public required IReadOnlyList<LeftRow> Refused { get; init; }

    /// <summary>Rows that were changed, added or deleted in the source while they were copied, so that the copy is out of date.</summary>
    public required IReadOnlyList<LeftRow> Changed { get; init; }

    public bool IsWhole => IsComplete && Conflicts.Count == 0 && Refused.Count == 0 && Changed.Count == 0;
}
