using System.Collections.Immutable;
using static DelphiRunner.EndToEnd.Tests.DelphiJobs.ExpectedValue;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs.Expected;

/// <summary>Rows for which a narrative batch is submitted or asked for. The commands exit with 0; the submitting one reports a batch.</summary>
internal static class NarrativeRows
{
    private const string Report = "r4tykwac8thvzv35jrn53";
    private const string BatchOf16 = "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d";

    public static IReadOnlyList<RowExpectation> All { get; } =
    [
        // The server's row: its stage says what to do; the model is the deployment's, whatever the job names.
        Create("03-ts-narrative-batch-pending", "batch_report_r4tykwac8thvzv35jrn53_1753593589_c09e1bc8", "--include_moderation=True"),
        // The type of May 2025. Without a batch_id it is a new batch; its stage does not ask for moderation.
        Create("54-legacy-narrative-batch-pending", "batch_39321_1747100000_ab12cd34"),
        // A fork's row, with the third form of time.
        Create("60-fork-auto-narrative", "auto_narrative_3d1b0c3e_1785000000_9f8e7d6c", "--include_moderation=True"),
        // The batch was sent and paid for before its worker died: nothing is started, the missing checker is made, the parent ends.
        new("16-801-parent-submitted-then-worker-died")
        {
            Attributes = HostWrites.Completed(version: 4, attempt: 2),
            Results = ImmutableDictionary<string, string>.Empty.Add("result_type", "SUCCESS"),
            ResultsHave = ["completed_at"],
            ResultsHaveNot = ["error", "return_code", "visualization_path", "visualization_urls"],
            Checker = new ExpectedChecker("batch_report_r4tykwac8thvzv35jrn53_1765437589_aaaa0016", BatchOf16, "39321", Report),
        },
        // An operator attached a checker again, without a report.
        Check("11-cli-awaiting-batch", "6d308c20-ae99-4b20-94f7-3e4f5a6b1a11", "39321", parentEnd: "aaaa0016", version: 3),
        // The submitting script's own row, in which most attributes are missing.
        Check(
            "14-801-checker-pending", "batch_check_batch_report_r4tykwac8thvzv35jrn53_1765437589_aaaa0018_1765437661", Report,
            parentEnd: "aaaa0018", version: 3),
        // Left by another poller for a recheck that has long been due: the same attempt goes on.
        Again(Check(
            "23-checker-awaiting-recheck", "batch_check_batch_report_r4tykwac8thvzv35jrn53_1765437589_aaaa0063_1765437661", Report,
            parentEnd: "aaaa0063", version: 90)),
    ];

    // The script here reports its batch in its output only, as one whose update of the row failed: both attributes of that update are made up for.
    private static RowExpectation Create(string row, string jobId, params ImmutableArray<string> flags) =>
        Narrative(
            row, jobId, Report,
            HostWrites.Completed(version: 3).Add("batch_id", Text(Deployment.SubmittedBatch)).Add("model", Text(Deployment.Model))) with
        {
            Command = DelphiCommand.CreateNarrativeBatch,
            Arguments = ["--conversation_id=39321", $"--model={Deployment.Model}", .. flags, "--exclude_comment_selections=True", "--max-batch-size=20"],
            Checker = new ExpectedChecker(jobId, Deployment.SubmittedBatch, "39321", Report),
            // The row's own variables, which it stores as a text.
            Environment = Identity(jobId, Report)
                .Add("NARRATIVE_BATCH_MODEL", "claude-opus-4-20250514")
                .Add("NARRATIVE_BATCH_MAX_SIZE", "20")
                .Add("NARRATIVE_BATCH_NO_CACHE", "0"),
        };

    private static RowExpectation Check(string row, string jobId, string reportId, string parentEnd, int version) =>
        Narrative(row, jobId, reportId, HostWrites.Completed(version)) with
        {
            Command = DelphiCommand.CheckNarrativeBatch,
            Arguments = [$"--job-id=batch_report_r4tykwac8thvzv35jrn53_1765437589_{parentEnd}"],
            Environment = Identity(jobId, reportId),
        };

    private static RowExpectation Again(RowExpectation check) => check with { Attributes = check.Attributes.SetItem("rechecks", Number(1)) };

    private static RowExpectation Narrative(string row, string jobId, string reportId, ImmutableDictionary<string, ExpectedValue> attributes) =>
        new RowExpectation(row)
        {
            Attributes = attributes,
            NotInEnvironment = ["MAX_VOTES", "BATCH_SIZE"],
            Results = ImmutableDictionary<string, string>.Empty.Add("result_type", "SUCCESS").Add("return_code", "0"),
            ResultsHave = ["completed_at", "output_summary", "execution_finished_at"],
            // These jobs make no visualization.
            ResultsHaveNot = ["error", "visualization_path", "visualization_urls"],
        }
        .Logged($"starting job {jobId}", "Executing command: ");

    private static ImmutableDictionary<string, string> Identity(string jobId, string reportId) => ImmutableDictionary<string, string>.Empty
        .Add("DELPHI_JOB_ID", jobId)
        .Add("DELPHI_REPORT_ID", reportId)
        .Add("PYTHONUNBUFFERED", "1")
        .Add("ANTHROPIC_MODEL", Deployment.Model);
}
