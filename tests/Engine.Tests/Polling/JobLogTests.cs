using System.Text.Json;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests.Polling;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class JobLogTests
{
    private readonly List<string> _lines = [];
    private readonly FakeTimeProvider _time = new(Rows.Noon);

    [Test]
    public void A_line_goes_to_standard_output_with_the_first_eight_characters_of_the_id()
    {
        Log().Add(JobLog.Information, "hello");

        Assert.That(_lines, Is.EqualTo(new[] { "[DELPHI JOB 3d1b0c3e] INFO: hello" }));
    }

    [TestCase("a\n[DELPHI JOB 11111111] INFO: forged")]
    [TestCase("a\r\n[DELPHI JOB 11111111] INFO: forged")]
    [TestCase("a\r[DELPHI JOB 11111111] INFO: forged")]
    [TestCase("a\u2028[DELPHI JOB 11111111] INFO: forged")]
    [TestCase("a\u0085[DELPHI JOB 11111111] INFO: forged")]
    [TestCase("a\v[DELPHI JOB 11111111] INFO: forged")]
    public void A_line_break_in_a_message_cannot_forge_a_line(string message)
    {
        Log().Add(JobLog.Information, message);

        Assert.That(_lines, Is.EqualTo(new[] { "[DELPHI JOB 3d1b0c3e] INFO: a [DELPHI JOB 11111111] INFO: forged" }));
    }

    [Test]
    public void An_id_cannot_forge_a_line()
    {
        var log = new JobLog("a\n[DELPHI JOB x", LogExcerpt.Read(null, Rows.Noon), LineMarks.None, (line, _) => _lines.Add(line.ToString()), _time);

        log.Add(JobLog.Information, "b\u001b[2Kc");

        Assert.That(_lines, Is.EqualTo(new[] { "[DELPHI JOB a [DELPH] INFO: b [2Kc" }));
    }

    [TestCase("all fine", "INFO")]
    [TestCase("2025 - ERROR - no key", "ERROR")]
    [TestCase("WARNING: low memory", "WARNING")]
    public void Output_gets_the_level_that_its_text_shows(string text, string level)
    {
        Log().AddOutput(text, fromStandardError: false);

        Assert.That(_lines.Single(), Is.EqualTo($"[DELPHI JOB 3d1b0c3e] {level}: [stdout] {text}"));
    }

    [Test]
    public void The_excerpt_is_taken_only_when_lines_came()
    {
        var log = Log();
        log.Add(JobLog.Information, "one");

        Assert.That(log.TakeChanged(16_000), Does.Contain("one"));
        Assert.That(log.TakeChanged(16_000), Is.Null);
    }

    [Test]
    public void The_closing_line_of_the_pipeline_survives_any_number_of_lines_behind_it()
    {
        var log = Log();
        foreach (var number in Enumerable.Range(0, 100))
        {
            log.AddOutput($"line {number}", fromStandardError: false);
        }

        log.AddOutput("Results stored in DynamoDB for conversation 1", fromStandardError: false);
        foreach (var number in Enumerable.Range(100, 5000))
        {
            log.AddOutput($"line {number}", fromStandardError: false);
        }

        using var document = JsonDocument.Parse(log.Take(16_000));
        var messages = document.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("message").GetString()).ToList();
        Assert.That(messages, Has.Count.LessThanOrEqualTo(60));
        Assert.That(messages, Does.Contain("[stdout] Results stored in DynamoDB for conversation 1"));
        Assert.That(messages[0], Is.EqualTo("[stdout] line 0"));
        Assert.That(messages[^1], Is.EqualTo("[stdout] line 5099"));
        Assert.That(messages, Has.Some.Matches("^\\[\\d+ lines left out\\]$"));
    }

    [Test]
    public void The_closing_line_survives_any_number_of_errors_behind_it_and_every_bound()
    {
        var log = Log();
        foreach (var number in Enumerable.Range(0, 20))
        {
            log.AddOutput($"line {number}", fromStandardError: false);
        }

        log.AddOutput("Results stored in DynamoDB for conversation 1", fromStandardError: false);
        foreach (var number in Enumerable.Range(0, 5000))
        {
            log.AddOutput($"ERROR {number} {new string('x', 1000)}", fromStandardError: false);
        }

        Assert.That(log.Take(16_000), Does.Contain("Results stored in DynamoDB for conversation 1").And.Contain("ERROR 4999"));
        Assert.That(log.Take(1), Does.Contain("Results stored in DynamoDB for conversation 1").And.Not.Contain("ERROR"));
    }

    [Test]
    public void What_readers_look_for_and_what_the_host_says_are_dropped_last_and_no_flood_of_errors_displaces_them()
    {
        var wanted = new List<bool>();
        var log = new JobLog(
            "a", LogExcerpt.Read(null, Rows.Noon), JobHost.MarksOf(new ExecutionOptions()), (_, isWanted) => wanted.Add(isWanted), _time);

        log.AddOutput("line", fromStandardError: false);
        log.AddOutput("Results stored in DynamoDB", fromStandardError: false);
        log.AddOutput("ERROR", fromStandardError: false);
        log.AddOutput("WARNING", fromStandardError: true);
        log.Add(JobLog.Information, "Job completed");
        log.Add(JobLog.Error, "No program");

        Assert.That(wanted, Is.EqualTo(new[] { false, true, false, false, true, true }));
    }

    private JobLog Log() => new(
        "3d1b0c3e-52b1-4c8f-9f0e-6f3a6c0e1a01", LogExcerpt.Read(null, Rows.Noon), JobHost.MarksOf(new ExecutionOptions()), (line, _) => _lines.Add(line.ToString()), _time);
}
