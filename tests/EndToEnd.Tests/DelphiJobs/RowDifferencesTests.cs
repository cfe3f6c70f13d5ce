namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>The comparison that the table rests on finds what it is there to find.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RowDifferencesTests
{
    private static readonly RowExpectation Untouched = Expectations.For("57-environment-as-map-hostile") with
    {
        Attributes = System.Collections.Immutable.ImmutableDictionary<string, ExpectedValue>.Empty,
    };

    private static StoredRow Hostile => StoredRow.Read(Expectations.FileOf("57-environment-as-map-hostile"));

    [Test]
    public void A_row_that_is_as_before_has_no_differences() =>
        Assert.That(RowDifferences.InAttributes(Untouched, Hostile, Hostile), Is.Empty);

    [TestCase("version", "S", "1")]
    [TestCase("version", "N", "1.0")]
    [TestCase("status", "S", "PENDING ")]
    [TestCase("report_id", "S", "")]
    [TestCase("environment", "M", """{"MAX_VOTES":{"S":"1000"}}""")]
    [TestCase("error_message", "S", "new")]
    public void An_attribute_of_another_kind_or_text_is_found(string name, string kind, string text)
    {
        var after = With(Hostile, name, new StoredValue(kind, text));

        Assert.That(RowDifferences.InAttributes(Untouched, Hostile, after), Has.One.Contain($"{name} "));
    }

    [TestCase("created_by")]
    [TestCase("environment")]
    public void An_attribute_that_is_gone_is_found(string name)
    {
        var after = new StoredRow(Hostile.Attributes.Where(attribute => attribute.Key != name).ToDictionary());

        Assert.That(RowDifferences.InAttributes(Untouched, Hostile, after), Has.One.Contain($"{name} "));
    }

    [Test]
    public void A_row_that_was_never_claimed_is_far_from_a_completed_one() =>
        Assert.That(
            RowDifferences.InAttributes(Expectations.For("01-ts-full-pipeline-pending"), Hostile, Hostile).Select(difference => difference.Split(' ')[0]),
            Is.SupersetOf(["status", "version", "worker_id", "started_at", "completed_at", "process_exit_confirmed", "attempts"]));

    [TestCase("2026-01-01T00:00:00Z")]
    [TestCase("2026-01-01T00:00:00.000+00:00")]
    [TestCase("2026-01-01T00:00:00.000000+00:00")]
    public void A_time_of_another_form_or_of_another_run_is_not_taken_for_one_of_this_run(string text) =>
        Assert.That(ExpectedValue.Now.Accepts(new StoredValue("S", text)), Is.False);

    private static StoredRow With(StoredRow row, string name, StoredValue value) =>
        new(new Dictionary<string, StoredValue>(row.Attributes) { [name] = value });
}
