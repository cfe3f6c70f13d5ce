namespace DelphiRunner.Engine.Execution;

/// <summary>Thrown when an approved program could not be started after all; nothing of it runs. The job ends failed with the message.</summary>
/// <param name="program">The program's absolute path.</param>
/// <param name="reason">What the system said.</param>
/// <param name="innerException">The cause, if any.</param>
internal sealed class ProcessStartException(string program, string reason, Exception? innerException = null)
    : Exception(
        $"Program '{program}' could not be started: {reason.TrimEnd('.')}. " +
        "Check that it is still there, that this user may execute it, and that the interpreter in its first line exists.",
        innerException)
{
    public string Program { get; } = program;
}
