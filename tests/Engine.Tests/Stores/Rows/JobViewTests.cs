using DelphiRunner.Contracts;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests.Stores.Rows;

[TestFixture]
internal sealed class JobViewTests
{
    [Test]
    public void A_job_is_what_its_row_says()
    {
        var row = Jobs.Pending(
            "job",
            ("report_id", new RowValue(RowValueKind.NULL, "true")), ("attempt", Jobs.N("2")), ("rechecks", Jobs.N("3")), ("started_at", Jobs.S(Jobs.Now)),
            ("ok", RowValue.OfBoolean(true)), ("tags", new RowValue(RowValueKind.SS, "[\"a\"]")));

        var job = row.ToJob();

        Assert.That((job.Id, job.Type, job.Status, job.ConversationId, job.ReportId), Is.EqualTo(("job", "FULL_PIPELINE", "PENDING", "39321", (string?)null)));
        Assert.That((job.Attempt, job.Rechecks, job.StartedAt, job.CreatedAt), Is.EqualTo((2, 3, Jobs.Now, Jobs.Now.AddHours(-1))));
        Assert.That(job.Attributes.Keys, Is.EqualTo(row.Attributes.Keys));
        Assert.That(job.Attributes["report_id"], Is.EqualTo(new JobAttribute { Kind = JobAttributeKind.Null, Text = "null" }));
        Assert.That(job.Attributes["attempt"], Is.EqualTo(JobAttribute.OfNumber(2)));
        Assert.That(job.Attributes["ok"], Is.EqualTo(JobAttribute.OfBoolean(true)));
        Assert.That(job.Attributes["tags"], Is.EqualTo(JobAttribute.OfJson("[\"a\"]")));
    }

    [Test]
    public void A_configuration_is_given_as_json_whatever_form_it_is_stored_in()
    {
        Assert.That(ConfigOf(null), Is.EqualTo("{}"));
        Assert.That(ConfigOf(Jobs.S("")), Is.EqualTo("{}"));
        Assert.That(ConfigOf(new RowValue(RowValueKind.NULL, "true")), Is.EqualTo("{}"));
        Assert.That(ConfigOf(Jobs.S("{\"a\": 1}")), Is.EqualTo("{\"a\": 1}"));
        Assert.That(ConfigOf(Jobs.S("\"{\\\"a\\\": 1}\"")), Is.EqualTo("{\"a\": 1}"));
        Assert.That(ConfigOf(Jobs.S("\"\"")), Is.EqualTo("{}"));
        Assert.That(ConfigOf(new RowValue(RowValueKind.M, "{\"a\":{\"N\":\"1\"}}")), Is.EqualTo("{\"a\":1}"));
        Assert.That(ConfigOf(Jobs.S("{broken")), Is.EqualTo("{broken"));
        Assert.That(ConfigOf(Jobs.S("\"broken")), Is.EqualTo("\"broken"));
    }

    [Test]
    public void A_handlers_values_become_the_rows()
    {
        Assert.That(JobAttribute.OfText("x").ToRowValue(), Is.EqualTo(Jobs.S("x")));
        Assert.That(JobAttribute.OfNumber(1.50m).ToRowValue(), Is.EqualTo(Jobs.N("1.50")));
        Assert.That(JobAttribute.OfBoolean(false).ToRowValue(), Is.EqualTo(RowValue.OfBoolean(false)));
        Assert.That(JobAttribute.OfJson("{\"a\":1}").ToRowValue(), Is.EqualTo(new RowValue(RowValueKind.M, "{\"a\":{\"N\":\"1\"}}")));
        Assert.That(
            new JobAttribute { Kind = JobAttributeKind.Null, Text = "null" }.ToRowValue(), Is.EqualTo(new RowValue(RowValueKind.NULL, "true")));
    }

    [TestCase(JobAttributeKind.Number, "five")]
    [TestCase(JobAttributeKind.Boolean, "yes")]
    [TestCase(JobAttributeKind.Json, "{")]
    [TestCase(JobAttributeKind.Number, "1\"},\"x\":{\"S\":\"")]
    public void A_handlers_value_that_does_not_fit_its_kind_is_refused(JobAttributeKind kind, string text)
    {
        Assert.That(() => new JobAttribute { Kind = kind, Text = text }.ToRowValue(), Throws.TypeOf<InvalidRowException>());
    }

    private static string ConfigOf(RowValue? config) => Jobs.Pending("job", ("job_config", config)).ToJob().ConfigJson;
}
