using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Execution;

/// <summary>A line of a command's output as the pump hands it on: bounded, valid text, masked, without control characters.</summary>
/// <remarks>Not a string, since a flood has millions of lines of which nearly none is kept.</remarks>
internal readonly ref struct OutputLine(ReadOnlySpan<char> text, bool fromStandardError)
{
    /// <summary>Valid until the taker of the line returns.</summary>
    public ReadOnlySpan<char> Text { get; } = text;

    public bool FromStandardError { get; } = fromStandardError;
}

/// <summary>How a command ended, and what shows that nothing of it is left.</summary>
internal sealed record ProcessRun
{
    public required ProcessResult Result { get; init; }

    /// <summary>Whether <see cref="ExitProof"/> shows that nothing of the attempt is left.</summary>
    public required bool ExitConfirmed { get; init; }

    /// <summary>What was seen, for instance <c>group empty</c>.</summary>
    public required string ExitProof { get; init; }

    /// <summary>
    /// Whether something of the attempt was seen alive, or may be: then the same command must not be started again by itself. False where the system
    /// never shows what descendants are left.
    /// </summary>
    public bool MayStillRun { get; init; }

    /// <summary>The containment that it ran in, for a person.</summary>
    public string Containment { get; init; } = "none";

    /// <summary>Completes when what SIGKILL did not end is gone after all; null when nothing of that kind is left.</summary>
    public Task? Unkillable { get; init; }

    /// <summary>What the host itself failed at while the command ran, for which it was ended; null when nothing did. The end and its proof stand all the same.</summary>
    public Exception? Fault { get; init; }

    /// <summary>Sentences for the job's log about what the host saw: a spool that was cut, a result file that could not be used. Default: none.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether the command wrote a result file that could not be used; one of the notes says why.</summary>
    public bool ResultFileLeftOut { get; init; }
}

/// <summary>The files of one attempt.</summary>
internal sealed record AttemptFiles
{
    /// <summary>The absolute path of the folder that only this attempt uses.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>The absolute path of the first file that keeps the attempt's masked output. Created with the first byte of output; an older one is replaced with all its parts.</summary>
    public required string SpoolPath { get; init; }

    /// <summary>The absolute path of the file that the child knows as <c>DELPHI_RESULT_FILE</c>. It does not exist before the run.</summary>
    public required string ResultPath { get; init; }
}
