using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Plugins;

namespace DelphiRunner.Engine;

/// <summary>What becomes of a job after an attempt.</summary>
internal enum AttemptEndKind
{
    /// <summary>The outcome is to be recorded.</summary>
    Outcome,

    /// <summary>An operator cancelled the job.</summary>
    Cancelled,

    /// <summary>The job is given back without burning the attempt.</summary>
    GivenBack,

    /// <summary>The row is no longer this host's: nothing may be written.</summary>
    ClaimLost,
}

/// <summary>How an attempt ended, before it is recorded.</summary>
internal sealed record AttemptEnd
{
    public required AttemptEndKind Kind { get; init; }

    /// <summary>The outcome, for <see cref="AttemptEndKind.Outcome"/>.</summary>
    public JobOutcome? Outcome { get; init; }

    /// <summary>Why, for a person; goes to the job's log.</summary>
    public string? Reason { get; init; }

    /// <summary>For <see cref="AttemptEndKind.GivenBack"/>: how long nobody should claim the job.</summary>
    public TimeSpan Delay { get; init; }

    public JobHandler? Handler { get; init; }

    /// <summary>The command's run, or null when nothing was started.</summary>
    public ProcessRun? Run { get; init; }

    /// <summary>Whether an earlier attempt may have left something behind that this host cannot know of.</summary>
    public bool EarlierExitUnknown { get; init; }

    public static AttemptEnd Failed(string error) => new() { Kind = AttemptEndKind.Outcome, Outcome = JobOutcome.Failed(error) };
}
