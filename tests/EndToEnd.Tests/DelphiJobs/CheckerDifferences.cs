using static DelphiRunner.EndToEnd.Tests.DelphiJobs.ExpectedValue;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>Finds all in which the rows that were created beside a row are not what was expected, each as a sentence.</summary>
internal static class CheckerDifferences
{
    public static IEnumerable<string> In(ExpectedChecker? expected, IReadOnlyList<StoredRow> created)
    {
        if (expected is null)
        {
            return created.Select(row => $"Row '{row.Id}' was created; none may be.");
        }

        return created is [var checker]
            ? InChecker(expected, checker)
            : [$"{created.Count} rows were created, expected one checker: {string.Join(", ", created.Select(row => row.Id))}"];
    }

    private static IEnumerable<string> InChecker(ExpectedChecker expected, StoredRow checker) => ExpectedAttributes(expected)
        .Where(attribute => !attribute.Value.Accepts(checker[attribute.Key]))
        .Select(attribute => $"{attribute.Key} of checker '{checker.Id}' is {checker[attribute.Key]?.ToString() ?? "not there"}; expected: {attribute.Value.Description}.");

    private static Dictionary<string, ExpectedValue> ExpectedAttributes(ExpectedChecker expected)
    {
        // batch_check_{parent}_{unix}: readers look for the beginning.
        var prefix = $"batch_check_{expected.Parent}_";
        return new Dictionary<string, ExpectedValue>
        {
            ["job_id"] = new(
                $"S '{prefix}' and digits",
                value => value is { Kind: "S" } && value.Text.StartsWith(prefix, StringComparison.Ordinal) && value.Text.Length > prefix.Length
                    && value.Text[prefix.Length..].All(char.IsAsciiDigit)),
            ["status"] = Text("PENDING"),
            ["job_type"] = Text("AWAITING_NARRATIVE_BATCH"),
            ["batch_job_id"] = Text(expected.Parent),
            ["batch_id"] = Text(expected.BatchId),
            ["conversation_id"] = Text(expected.ConversationId),
            ["report_id"] = Text(expected.ReportId),
            ["priority"] = Number(50),
            ["version"] = Number(1),
            ["worker_id"] = Text("none"),
            ["created_at"] = Now,
            // A batch takes minutes at least: the first check waits for the first delay, 60 s.
            ["not_before"] = Later(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60)),
            ["claim_id"] = Missing,
        };
    }
}
