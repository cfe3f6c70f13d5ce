using DelphiRunner.EndToEnd.Tests.DelphiJobs.Expected;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>What has to become of every row of the folder.</summary>
internal static class Expectations
{
    public static IReadOnlyList<RowExpectation> All { get; } =
        [.. FullPipelineRows.All, .. NarrativeRows.All, .. RefusedRows.All, .. UntouchedRows.All];

    public static RowExpectation For(string row) => All.Single(expectation => expectation.Row == row);

    public static string FileOf(string row) => Path.Combine(BuiltFiles.DelphiJobs, $"{row}.json");
}
