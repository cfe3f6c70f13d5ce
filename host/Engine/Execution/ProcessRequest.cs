using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution;

/// <summary>An approved command with all that its run needs.</summary>
internal sealed record ProcessRequest
{
    public required ApprovedCommand Command { get; init; }

    /// <summary>How it is confined.</summary>
    public required Confinement Confinement { get; init; }

    /// <summary>Where its output is kept and its result is read.</summary>
    public required AttemptFiles Files { get; init; }

    /// <summary>A variable of the command's environment that no other attempt has, <c>NAME=VALUE</c>: what is left behind is known by it.</summary>
    public required string Mark { get; init; }

    /// <summary>How it is asked to end, by its time limit and by the job's end.</summary>
    public required StopOptions Stop { get; init; }
}
