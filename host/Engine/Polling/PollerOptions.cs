namespace DelphiRunner.Engine.Polling;

/// <summary>What a poller is told at its start.</summary>
internal sealed record PollerOptions
{
    /// <summary>Fresh for each start of a host; the row's <c>worker_id</c>.</summary>
    public required string WorkerId { get; init; }

    public required int Slots { get; init; }

    public required TimeSpan Interval { get; init; }

    /// <summary>Whether to end when nothing runs and no row is due, instead of waiting for more.</summary>
    public bool Once { get; init; }

    /// <summary>The folder whose disk has to have room before a claim.</summary>
    public required string State { get; init; }

    /// <summary>The bytes that have to be free on that disk.</summary>
    public long MinFreeDisk { get; init; }

    /// <summary>What gives lines of a job's log their level, and what readers look for.</summary>
    public LineMarks Marks { get; init; } = LineMarks.None;
}
