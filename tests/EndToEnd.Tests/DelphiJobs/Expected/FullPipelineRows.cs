using System.Collections.Immutable;
using static DelphiRunner.EndToEnd.Tests.DelphiJobs.ExpectedValue;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs.Expected;

/// <summary>Rows for which <c>run_delphi.py</c> is started, once. The command exits with 0.</summary>
/// <remarks>
/// Booleans are passed as <c>True</c> or not at all, since the script takes the text "False" for true. What
/// <c>--exclude_comment_selections</c> says is true unless a row turns it off, and none of these does.
/// </remarks>
internal static class FullPipelineRows
{
    private const string Conversation = "39321";
    private const string Report = "r4tykwac8thvzv35jrn53";
    private const string Moderated = "--include_moderation=True";
    private const string Excluding = "--exclude_comment_selections=True";

    public static IReadOnlyList<RowExpectation> All { get; } =
    [
        // The server's row of June to December 2025.
        WithReport("01-ts-full-pipeline-pending", "3d1b0c3e-52b1-4c8f-9f0e-6f3a6c0e1a01", Moderated),
        // Since September 2026: no stages, and no moderation.
        WithReport("02-ts-full-pipeline-2026", "7f0d2d0a-0a5b-4a9e-8a42-5b7f0e9c1a02"),
        // The command line's row has local times without a zone and no report, and limits that the script takes from its environment only.
        WithoutReport("09-cli-full-pipeline-naive", "4b1e6a0e-8c77-4f0e-b2d5-1c2d3e4f1a09").Limited("500000", "50000"),
        // Created at an exact second, so that Python wrote no fraction; priority 0.
        WithoutReport("13-cli-low-priority-old", "8f52ae42-c0bb-4d42-b619-5a6b7c8d1a13").Limited("500000", "50000"),
        // Its worker is gone: the lock ended 15 minutes after the claim, and for a year nothing has written to it. The second attempt.
        WithReport("25-processing-expired-lock", "a1000000-0000-4000-8000-000000000025", Moderated) with
        {
            Attributes = HostWrites.Completed(version: 4, attempt: 2),
        },
        // Claimable without a version, which it gets.
        WithReport("35-missing-version", "b2000000-0000-4000-8000-000000000035", Moderated) with { Attributes = HostWrites.Completed(version: 2) },
        // Texts of digits count as numbers; only retry_count, which the host writes, becomes one.
        WithReport("37-timeout-as-string", "b2000000-0000-4000-8000-000000000037", Moderated) with { NotInLog = ["timeout_seconds"] },
        // A limit below zero is not obeyed, and that is said.
        WithReport("39-timeout-zero-negative", "b2000000-0000-4000-8000-000000000039", Moderated).Logged("timeout_seconds", "'-1'"),
        // A native map, which stays one.
        WithReport("40-job-config-as-map", "b2000000-0000-4000-8000-000000000040", Moderated).Limited("1000", batchSize: null),
        // Empty counts as {}.
        WithReport("42-job-config-empty-string", "b2000000-0000-4000-8000-000000000042"),
        // The log was cut off in the middle: a new one begins, with a note of it.
        WithReport("44-logs-malformed", "b2000000-0000-4000-8000-000000000044", Moderated).Logged("replaced"),
        // 360 KB of log; every row's log is checked for its bounds.
        WithReport("46-logs-huge", "b2000000-0000-4000-8000-000000000046", Moderated),
        // Empty texts count as absent, also the report's; nothing was lost that a note would have to tell of.
        WithoutReport("47-empty-strings", "b2000000-0000-4000-8000-000000000047") with { NotInLog = ["replaced"] },
        // created_at only sorts: a text that is no time does not keep a job from running, and stays.
        WithReport("51-garbage-timestamps", "b2000000-0000-4000-8000-000000000051", Moderated),
        // What a row may not set is left out by name; what it may set is passed on.
        WithReport("57-environment-as-map-hostile", "b2000000-0000-4000-8000-000000000057", Moderated)
            .With("MAX_VOTES", "1000").With("NARRATIVE_BATCH_MODEL", "claude-sonnet-5")
            .Without("LD_PRELOAD", "PYTHONPATH", "AWS_ENDPOINT_URL", "1BAD NAME")
            .Logged("LD_PRELOAD", "PYTHONPATH", "AWS_ENDPOINT_URL", "DELPHI_JOB_ID", "1BAD NAME"),
        // A large conversation, whose size no row says: nobody asks for it here, so it is an ordinary one.
        WithReport("62-large-conversation-small-worker", "b2000000-0000-4000-8000-000000000062", Moderated) with
        {
            Arguments = ["--zid=27616", Moderated, Excluding, $"--rid={Report}"],
        },
    ];

    private static RowExpectation WithReport(string row, string jobId, params ImmutableArray<string> flags) =>
        Pipeline(row, jobId, Report, ["--zid=39321", .. flags, Excluding, $"--rid={Report}"])
            .Logged($"Passing report_id {Report} to run_delphi.py");

    // The scripts always get a report's id: the conversation's, where there is none.
    private static RowExpectation WithoutReport(string row, string jobId) => Pipeline(row, jobId, Conversation, ["--zid=39321", Excluding]);

    private static RowExpectation Pipeline(string row, string jobId, string reportId, ImmutableArray<string> arguments) =>
        new RowExpectation(row)
        {
            Command = DelphiCommand.FullPipeline,
            Arguments = arguments,
            Attributes = HostWrites.Completed(version: 3),
            Results = ImmutableDictionary<string, string>.Empty
                .Add("result_type", "SUCCESS")
                .Add("return_code", "0")
                .Add("report_id", reportId)
                .Add("visualization_path", $"visualizations/{reportId}/{jobId}")
                .Add("visualization_urls.interactive", $"{Deployment.Storage}/polis-delphi/visualizations/{reportId}/{jobId}/layer_0_datamapplot.html"),
            ResultsHave = ["completed_at", "output_summary", "execution_finished_at"],
            ResultsHaveNot = ["error"],
        }
        .With("DELPHI_JOB_ID", jobId).With("DELPHI_REPORT_ID", reportId).With("PYTHONUNBUFFERED", "1").With("ANTHROPIC_MODEL", Deployment.Model)
        // The script stores its visualizations where the results say that they are.
        .With("AWS_S3_ENDPOINT", Deployment.Storage).With("AWS_S3_BUCKET_NAME", "polis-delphi")
        .Without("MAX_VOTES", "BATCH_SIZE")
        // Lines that readers of the log look for: the claim, the command, and the one by which the client sees that a report is done.
        .Logged($"starting job {jobId}", "Executing command: ", "[stdout] Results stored in DynamoDB for conversation");

    private static RowExpectation Limited(this RowExpectation row, string maxVotes, string? batchSize)
    {
        var limited = row.With("MAX_VOTES", maxVotes);
        return batchSize is null ? limited : limited.With("BATCH_SIZE", batchSize);
    }
}
