namespace DelphiRunner.Plugins.Tests.Delphi.Sample;

public sealed class RunDelphiTests
{
    private SampleFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new SampleFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void The_votes_that_ship_with_it_hold_three_groups()
    {
        var code = _folder.Run("run-delphi", "--zid=39321", "--include_moderation=True", "--exclude_comment_selections=True", "--rid=r1");

        var sizes = _folder.Results().GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("participants").GetArrayLength()).ToArray();
        Assert.That(code, Is.Zero);
        Assert.That(sizes, Has.Length.EqualTo(3));
        Assert.That(sizes.Sum(), Is.EqualTo(60));
        Assert.That(_folder.Results().GetProperty("silhouette").GetDouble(), Is.GreaterThan(0.5));
        Assert.That(_folder.Report().GetProperty("results_file").GetString(), Is.EqualTo(_folder.File("out/39321.json")));
        Assert.That(_folder.Output, Does.Contain("Results stored in DynamoDB and visualizations for conversation 39321"));
        Assert.That(_folder.Output, Does.EndWith($"Results stored in DynamoDB for conversation 39321{Environment.NewLine}"));
    }

    [Test]
    public void The_same_votes_give_the_same_results_byte_for_byte()
    {
        _folder.Run("run-delphi", "--zid=39321");
        var first = File.ReadAllText(_folder.File("out/39321.json"));
        _folder.CopyVotes(lines => lines.Take(1).Concat(lines.Skip(1).Reverse()));

        _folder.Run("run-delphi", "--zid=39321");

        Assert.That(File.ReadAllText(_folder.File("out/39321.json")), Is.EqualTo(first));
    }

    [Test]
    public void One_changed_vote_changes_the_results()
    {
        _folder.CopyVotes();
        _folder.Run("run-delphi", "--zid=39321");
        var first = File.ReadAllText(_folder.File("out/39321.json"));
        _folder.CopyVotes(lines => lines.Select((line, index) => index == 100 ? Turn(line) : line));

        _folder.Run("run-delphi", "--zid=39321");

        Assert.That(File.ReadAllText(_folder.File("out/39321.json")), Is.Not.EqualTo(first));
    }

    [Test]
    public void Comments_that_a_moderator_or_a_report_left_out_are_left_out_as_asked()
    {
        int Comments(params string[] flags)
        {
            _folder.Run(["run-delphi", "--zid=1", .. flags]);
            return _folder.Results(1).GetProperty("comments").GetInt32();
        }

        Assert.That(Comments(), Is.EqualTo(19));
        Assert.That(Comments("--include_moderation=True"), Is.EqualTo(18));
        Assert.That(Comments("--include_moderation=False"), Is.EqualTo(18), "argparse takes every text but the empty one for true");
        Assert.That(Comments("--exclude_comment_selections="), Is.EqualTo(20));
    }

    [Test]
    public void A_limit_on_votes_is_kept()
    {
        _folder["MAX_VOTES"] = "200";
        _folder["BATCH_SIZE"] = "90";

        _folder.Run("run-delphi", "--zid=1", "--exclude_comment_selections=");

        Assert.That(_folder.Results(1).GetProperty("votes").GetInt32(), Is.EqualTo(200));
        Assert.That(_folder.Output, Does.Contain("Read 90 votes...").And.Contain("Read 180 votes...").And.Contain("Read 200 votes..."));
    }

    [Test]
    public void Participants_who_do_not_differ_give_a_degraded_end_as_in_the_real_script()
    {
        _folder.WriteVotes(["participant,comment,vote", .. Enumerable.Range(0, 10).Select(participant => $"{participant},0,1")]);

        var code = _folder.Run("run-delphi", "--zid=1");

        Assert.That(code, Is.Zero);
        Assert.That(_folder.Output, Does.Contain("UMAP Narrative pipeline returned non-zero exit code").And.Not.Contain("and visualizations for"));
        Assert.That(_folder.Results(1).GetProperty("groups").GetArrayLength(), Is.Zero);
    }

    [Test]
    public void A_run_begins_by_deleting_what_was_there()
    {
        _folder.Run("run-delphi", "--zid=1");
        _folder.WriteVotes(["participant,comment,vote", "1,2,9"]);

        var code = _folder.Run("run-delphi", "--zid=1");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(File.Exists(_folder.File("out/1.json")), Is.False);
        Assert.That(_folder.Output, Does.Contain("Line 2 of votes file").And.Contain("'1,2,9'"));
    }

    [TestCase("--zid=4xsmykdmjm", "argument --zid: invalid int value: '4xsmykdmjm'")]
    [TestCase("--zid=1 --max-votes=5", "unrecognized arguments: --max-votes=5")]
    [TestCase("--rid=r1", "the following arguments are required: --zid")]
    [TestCase("--zid", "argument --zid: expected one argument")]
    public void A_wrong_command_line_ends_with_2(string line, string said)
    {
        Assert.That(_folder.Run(["run-delphi", .. line.Split(' ')]), Is.EqualTo(2));
        Assert.That(_folder.Output, Does.Contain(said));
    }

    [Test]
    public void A_votes_file_that_is_missing_ends_with_1()
    {
        _folder["DELPHI_SAMPLE_VOTES"] = _folder.File("nowhere.csv");

        Assert.That(_folder.Run("run-delphi", "--zid=1"), Is.EqualTo(1));
        Assert.That(_folder.Output, Does.Contain("nowhere.csv"));
    }

    [Test]
    public void An_unknown_command_ends_with_2()
    {
        Assert.That(_folder.Run("run"), Is.EqualTo(2));
        Assert.That(_folder.Run(), Is.EqualTo(2));
    }

    private static string Turn(string line) => line.EndsWith(",1", StringComparison.Ordinal) ? $"{line[..^1]}-1" : $"{line[..line.LastIndexOf(',')]},1";
}
