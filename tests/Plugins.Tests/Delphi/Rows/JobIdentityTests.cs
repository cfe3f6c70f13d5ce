using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Tests.Delphi.Rows;

public sealed class JobIdentityTests
{
    [TestCase("0")]
    [TestCase("39321")]
    [TestCase("1234567890")]
    public void A_conversation_of_up_to_ten_digits_is_taken(string id)
    {
        Assert.That(JobIdentity.Read(JobRows.Make("T", conversation: id)).ConversationId, Is.EqualTo(id));
    }

    [TestCase("12345678901")]
    [TestCase("39321\n")]
    [TestCase("39321\n--force")]
    [TestCase("39321; rm -rf /")]
    [TestCase("-1")]
    [TestCase(" 39321")]
    [TestCase("٣٩٣٢١")]
    [TestCase("4xsmykdmjm")]
    public void Any_other_conversation_is_refused(string id)
    {
        Assert.That(
            () => JobIdentity.Read(JobRows.Make("T", conversation: id)),
            Throws.InstanceOf<InvalidJobException>().With.Message.Contains("not a numeric zid").And.Message.Not.Contains("\n"));
    }

    [TestCase("r")]
    [TestCase("4tykwac8thvzv35jrn53")]
    [TestCase("r4tyk\n")]
    [TestCase("r4tyk --force")]
    [TestCase("r4tyk/../x")]
    [TestCase("None")]
    public void A_report_that_is_none_is_refused(string id)
    {
        Assert.That(
            () => JobIdentity.Read(JobRows.Make("T", report: id)), Throws.InstanceOf<InvalidJobException>().With.Message.Contains("report_id"));
    }

    [TestCase("job 1")]
    [TestCase("-job")]
    [TestCase("job\u0000")]
    public void A_job_id_that_cannot_be_an_argument_is_refused(string id)
    {
        Assert.That(() => JobIdentity.Read(JobRows.Make("T", id)), Throws.InstanceOf<InvalidJobException>().With.Message.Contains("job_id"));
    }

    [Test]
    public void Without_a_report_the_conversation_stands_for_it()
    {
        Assert.That(JobIdentity.Read(JobRows.Make("T", report: null)).ReportOrConversationId, Is.EqualTo("39321"));
    }

    [Test]
    public void Ids_are_checked_before_the_configuration_is_read()
    {
        Assert.That(
            () => JobParameters.Read(JobRows.Make("T", conversation: "x", config: "not json")),
            Throws.InstanceOf<InvalidJobException>().With.Message.Contains("conversation_id"));
    }
}
