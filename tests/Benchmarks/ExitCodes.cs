namespace DelphiRunner.Benchmarks;

internal static class ExitCodes
{
    public const int Succeeded = 0;
    public const int Failed = 1;

    /// <summary>The conventional code for a wrong command line (sysexits.h, EX_USAGE).</summary>
    public const int WrongUsage = 64;
}
