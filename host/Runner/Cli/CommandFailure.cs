namespace DelphiRunner.Runner.Cli;

/// <summary>A command cannot do what it was asked to. Caught at the border of the command line.</summary>
/// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="message">What failed and what to do, for a person.</param>
internal sealed class CommandFailure(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;

    /// <summary>What is wrong in detail, one sentence each; empty when the message says all.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public static CommandFailure NoSuchJob(string jobId, string store) =>
        new(ExitCodes.NotFound, $"There is no job '{jobId}' in {store}. Look for it with 'delphi-runner jobs list'.");
}
