using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Execution;

/// <summary>A line of a command's output as the pump hands it on: bounded, valid text, masked, without control characters.</summary>
internal readonly record struct OutputLine(string Text, bool FromStandardError);

/// <summary>How a command ended, and what shows that nothing of it is left.</summary>
internal sealed record ProcessRun
{
    public required ProcessResult Result { get; init; }

    /// <summary>Whether <see cref="ExitProof"/> shows that nothing of the attempt is left.</summary>
    public required bool ExitConfirmed { get; init; }

    /// <summary>What was seen, for instance <c>group empty</c>.</summary>
    public required string ExitProof { get; init; }
}
