namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>The comparison of started commands finds what it is there to find.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class StartDifferencesTests
{
    private const string AppPath = "/deployment/app";

    private static readonly RowExpectation Expected = Expectations.For("57-environment-as-map-hostile");

    private static RecordedStart AsExpected => new(DelphiCommand.FullPipeline, Expected.Arguments, Expected.Environment, AppPath, StandardInput: "");

    [Test]
    public void A_start_as_expected_has_no_differences() => Assert.That(Differences(AsExpected), Is.Empty);

    [Test]
    public void Nothing_started_and_too_much_started_are_found()
    {
        Assert.That(Differences(), Has.One.Contain("Nothing was started"));
        Assert.That(Differences(AsExpected, AsExpected), Has.One.Contain("2 commands were started"));
        Assert.That(StartDifferences.In(Expectations.For("07-ts-unknown-job-type"), [AsExpected], AppPath), Has.One.Contain("nothing may be"));
    }

    [Test]
    public void Another_command_and_other_arguments_are_found()
    {
        Assert.That(Differences(AsExpected with { Command = DelphiCommand.CheckNarrativeBatch }), Has.Count.EqualTo(1));
        Assert.That(Differences(AsExpected with { Arguments = [.. Expected.Arguments.Reverse()] }), Has.Count.EqualTo(1));
        Assert.That(Differences(AsExpected with { Arguments = [.. Expected.Arguments, "--extra"] }), Has.Count.EqualTo(1));
    }

    [TestCase("LD_PRELOAD", "/tmp/evil.so")]
    [TestCase("ANTHROPIC_API_KEY", "sk-of-the-host")]
    [TestCase("DELPHI_JOB_ID", "someone-elses-job")]
    [TestCase("MAX_VOTES", "2000")]
    public void A_variable_that_is_wrong_or_may_not_be_there_is_found(string name, string value) =>
        Assert.That(Differences(AsExpected with { Environment = Expected.Environment.SetItem(name, value) }), Has.One.Contain($"The command's {name} is '{value}'"));

    [Test]
    public void A_missing_variable_another_folder_and_input_are_found()
    {
        Assert.That(Differences(AsExpected with { Environment = Expected.Environment.Remove("PYTHONUNBUFFERED") }), Has.One.Contain("PYTHONUNBUFFERED is not set"));
        Assert.That(Differences(AsExpected with { WorkingFolder = "/" }), Has.One.Contain("ran in '/'"));
        Assert.That(Differences(AsExpected with { StandardInput = "x" }), Has.One.Contain("standard input"));
    }

    private static IReadOnlyList<string> Differences(params RecordedStart[] starts) => [.. StartDifferences.In(Expected, starts, AppPath)];
}
