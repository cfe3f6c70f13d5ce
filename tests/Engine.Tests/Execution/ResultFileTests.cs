using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution;

[TestFixture]
[Platform(Exclude = "Win")]
public sealed class ResultFileTests
{
    private string _folder = null!;
    private string _path = null!;

    [SetUp]
    public void Create()
    {
        _folder = Directory.CreateTempSubdirectory("delphi-result-").FullName;
        _path = Path.Combine(_folder, "result.json");
    }

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [TestCaseSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
    public async Task What_a_child_wrote_comes_back_with_its_end(string rung)
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("result-file", /*lang=json*/ """{"results":{"groups":4}}""");

        Assert.That(run.Result.ResultFileJson, Is.EqualTo(/*lang=json*/ """{"results":{"groups":4}}"""));
        Assert.That(run.Notes, Is.Empty);
    }

    [TestCaseSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
    public async Task What_a_child_wrote_wrongly_is_named_in_the_notes(string rung)
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("result-file", "[1]");

        Assert.That(run.Result.ResultFileJson, Is.Null);
        Assert.That(run.Result.Succeeded, Is.True);
        Assert.That(run.Notes, Has.Count.EqualTo(1).And.All.Contains("it holds a JSON array, not an object"));
    }

    [Test]
    public async Task A_command_that_made_its_work_folder_a_link_to_itself_hides_neither_its_end_nor_the_proof_of_that()
    {
        using var attempt = new Attempt();

        var run = await attempt.RunShellAsync("work=${DELPHI_RESULT_FILE%/*}; cd / && rmdir \"$work\" && ln -s \"$work\" \"$work\"; exit 3");

        Assert.That(run.Result.ExitCode, Is.EqualTo(3));
        Assert.That(run.ExitConfirmed, Is.True);
        Assert.That(run.Notes, Has.Count.EqualTo(1).And.All.Contains("The result file of the command was left out: it cannot be read"));
    }

    [Test]
    public void A_missing_file_is_no_problem()
    {
        var json = ResultFile.TryRead(_path, out var note);

        Assert.That(json, Is.Null);
        Assert.That(note, Is.Null);
    }

    [TestCase("", "it is not valid JSON (line 1, byte 1)")]
    [TestCase("{\"a\":1,\n oops}", "it is not valid JSON (line 2, byte 2)")]
    [TestCase("\"text\"", "it holds a JSON string, not an object")]
    [TestCase("null", "it holds a JSON null, not an object")]
    public void What_is_no_object_is_refused(string text, string reason)
    {
        File.WriteAllText(_path, text);

        var json = ResultFile.TryRead(_path, out var note);

        Assert.That(json, Is.Null);
        Assert.That(note, Does.Contain(reason));
    }

    [Test]
    public void The_largest_file_is_read_and_a_larger_one_refused()
    {
        File.WriteAllText(_path, "{" + new string(' ', ResultFile.MaxBytes - 2) + "}");
        var largest = ResultFile.TryRead(_path, out var noNote);
        File.WriteAllText(_path, "{" + new string(' ', ResultFile.MaxBytes - 1) + "}");
        var larger = ResultFile.TryRead(_path, out var note);

        Assert.That(largest, Has.Length.EqualTo(ResultFile.MaxBytes));
        Assert.That(noNote, Is.Null);
        Assert.That(larger, Is.Null);
        Assert.That(note, Does.Contain("it has 262,145 bytes, and at most 262,144 are allowed"));
    }

    [Test]
    public void A_link_is_not_followed()
    {
        var target = Path.Combine(_folder, "other.json");
        File.WriteAllText(target, "{}");
        File.CreateSymbolicLink(_path, target);

        var json = ResultFile.TryRead(_path, out var note);

        Assert.That(json, Is.Null);
        Assert.That(note, Does.Contain("it is a link or a folder"));
    }

    [Test]
    public void A_folder_is_refused()
    {
        Directory.CreateDirectory(_path);

        var json = ResultFile.TryRead(_path, out var note);

        Assert.That(json, Is.Null);
        Assert.That(note, Does.Contain("it is a link or a folder"));
    }

    [Test]
    [CancelAfter(20_000)]
    public void A_named_pipe_does_not_hold_the_host()
    {
        using (var make = Process.Start("mkfifo", _path))
            make.WaitForExit();

        var json = ResultFile.TryRead(_path, out var note);

        Assert.That(json, Is.Null);
        Assert.That(note, Does.Contain("it cannot be read"));
    }
}
