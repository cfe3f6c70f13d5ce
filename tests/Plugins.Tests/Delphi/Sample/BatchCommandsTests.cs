namespace DelphiRunner.Plugins.Tests.Delphi.Sample;

public sealed class BatchCommandsTests
{
    private SampleFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new SampleFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void A_batch_is_sent_reported_and_answered_in_parts()
    {
        _folder["DELPHI_SAMPLE_PART"] = "4";

        var sent = _folder.Run("create-batch", "--conversation_id=39321", "--model=claude-test", "--exclude_comment_selections=True", "--max-batch-size=9");
        var report = _folder.Report();
        int[] codes = [Check(), Check(), Check()];
        var narratives = Directory.GetFiles(_folder.File("out/narratives/39321"), "*.md", SearchOption.AllDirectories);

        var batchId = report.GetProperty("batch_id").GetString()!;
        Assert.That(sent, Is.Zero);
        Assert.That(batchId, Does.Match("^msgbatch_[0-9a-f]{32}$"));
        Assert.That(report.GetProperty("attributes").GetProperty("batch_id").GetString(), Is.EqualTo(batchId));
        Assert.That(report.GetProperty("model").GetString(), Is.EqualTo("claude-test"));
        Assert.That(_folder.Output, Does.Contain($"Batch ID: {batchId}"));
        Assert.That(codes, Is.EqualTo(new[] { 3, 3, 0 }));
        Assert.That(narratives, Has.Length.EqualTo(9));
        Assert.That(File.ReadAllText(narratives[0]), Does.Match("[0-9]+ of [0-9]+ (dis)?agree with"));
        Assert.That(_folder.Report().GetProperty("answered").GetInt32(), Is.EqualTo(9));
    }

    [Test]
    public void By_default_a_batch_is_done_with_the_second_check()
    {
        _folder.Run("create-batch", "--conversation_id=39321", "--model=m");

        int[] codes = [Check(), Check(), Check()];

        Assert.That(codes, Is.EqualTo(new[] { 3, 0, 0 }));
    }

    [Test]
    public void A_batch_is_bounded_in_its_requests()
    {
        _folder.Run("create-batch", "--conversation_id=39321", "--model=m", "--max-batch-size=2");

        Assert.That(_folder.Report().GetProperty("requests").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public void Requests_come_from_the_pipelines_results_unless_they_are_not_to_be_used()
    {
        _folder.Run("run-delphi", "--zid=39321");
        _folder["DELPHI_SAMPLE_VOTES"] = _folder.File("nowhere.csv");

        Assert.That(_folder.Run("create-batch", "--conversation_id=39321", "--model=m"), Is.Zero);
        Assert.That(_folder.Run("create-batch", "--conversation_id=39321", "--model=m", "--no-cache"), Is.EqualTo(1));
    }

    [Test]
    public void Each_submission_is_a_batch_of_its_own_and_the_newest_is_checked()
    {
        _folder.Run("create-batch", "--conversation_id=39321", "--model=m");
        _folder.Run("create-batch", "--conversation_id=39321", "--model=m");
        var newest = _folder.Report().GetProperty("batch_id").GetString();

        Check();

        Assert.That(Directory.GetDirectories(_folder.File("out/batches")), Has.Length.EqualTo(2));
        Assert.That(_folder.Report().GetProperty("batch_id").GetString(), Is.EqualTo(newest));
    }

    [Test]
    public void A_conversation_without_topics_ends_with_1()
    {
        _folder.WriteVotes(["participant,comment,vote", "1,1,1", "2,1,1"]);

        Assert.That(_folder.Run("create-batch", "--conversation_id=1", "--model=m"), Is.EqualTo(1));
        Assert.That(_folder.Output, Does.Contain("No topics to report on"));
    }

    [Test]
    public void A_job_without_a_batch_ends_with_1()
    {
        Assert.That(_folder.Run("check-batch", "--job-id=unknown"), Is.EqualTo(1));

        _folder.Run("create-batch", "--conversation_id=1", "--model=m");
        Assert.That(_folder.Run("check-batch", "--job-id=unknown"), Is.EqualTo(1));
    }

    private int Check() => _folder.Run("check-batch", "--job-id=job-1");
}
