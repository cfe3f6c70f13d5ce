namespace DelphiRunner.EndToEnd.Tests;

/// <summary>How a run of the program ended, and what it wrote.</summary>
internal sealed record ProgramEnd(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Errors)
{
    public string OutputText => string.Join('\n', Output);

    public string ErrorText => string.Join('\n', Errors);

    public override string ToString() => $"exit code {ExitCode}\n--- standard output\n{OutputText}\n--- standard error\n{ErrorText}";
}
