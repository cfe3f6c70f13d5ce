namespace DelphiRunner.Engine.Security;

/// <summary>Thrown for a command that the policies do not let run. Nothing was started, and the job ends failed with the message.</summary>
/// <param name="kind">What was refused.</param>
/// <param name="subject">The program, folder or variable that was refused.</param>
/// <param name="message">What was refused, the rule, and what to do.</param>
internal sealed class CommandDeniedException(RefusalKind kind, string subject, string message) : Exception(message)
{
    public RefusalKind Kind { get; } = kind;

    public string Subject { get; } = subject;

    /// <summary>What else was refused of the command, one sentence each, where that was not said before.</summary>
    public IReadOnlyList<string> FurtherRefusals { get; init; } = [];
}
