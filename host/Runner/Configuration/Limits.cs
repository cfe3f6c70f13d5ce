namespace DelphiRunner.Runner.Configuration;

/// <summary>The ranges of values that more than one source can set: the file, the environment and the command line.</summary>
internal static class Limits
{
    public const int MostSlots = 1024;
    public const int FewestLastLines = 10;
    public const int MostLastLines = 100_000;

    public static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);
    public static readonly TimeSpan ShortestTimeLimit = TimeSpan.FromSeconds(1);

    // A timer holds at most 49 days.
    public static readonly TimeSpan LongestTimeLimit = TimeSpan.FromDays(30);

    public static string LogLevelRule(string seen) =>
        $"It wants Trace, Debug, Information (or INFO), Warning, Error or Critical, in any case, and has '{seen}'.";
}
