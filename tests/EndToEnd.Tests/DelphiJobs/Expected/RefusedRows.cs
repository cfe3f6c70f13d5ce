using System.Collections.Immutable;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs.Expected;

/// <summary>Rows that end failed with nothing started: the pipeline's first step deletes the results of the conversation it is given.</summary>
internal static class RefusedRows
{
    public static IReadOnlyList<RowExpectation> All { get; } =
    [
        // The public id of a conversation, which the scripts would have turned into an exit code 2 at best.
        Refused("05-ts-public-conversation-id", version: 3, "not a numeric zid", "4xsmykdmjm"),
        // Stored when the server took any text for a type.
        Unknown("07-ts-unknown-job-type", version: 3, "Unknown job_type", "FULL_PIPELIN"),
        Unknown("48-missing-job-type", version: 3, "job_type"),
        Refused("49-missing-conversation-id", version: 3, "conversation_id"),
        // Types are compared exactly: lower case is unknown. The row has no version, so the claim writes 1 and the end 2; its maps stay.
        Unknown("56-test-helper-pending", version: 2, "Unknown job_type", "full_pipeline"),
    ];

    private static RowExpectation Refused(string row, int version, params ImmutableArray<string> error) => new(row)
    {
        Attributes = HostWrites.Failed(version),
        Results = ImmutableDictionary<string, string>.Empty.Add("result_type", "FAILURE"),
        ResultsHave = ["completed_at"],
        ResultsHaveNot = ["return_code", "visualization_path", "visualization_urls"],
        Error = error,
    };

    // No handler saw it.
    private static RowExpectation Unknown(string row, int version, params ImmutableArray<string> error)
    {
        var refused = Refused(row, version, error);
        return refused with { Attributes = refused.Attributes.SetItem("handled_by", ExpectedValue.Missing) };
    }
}
