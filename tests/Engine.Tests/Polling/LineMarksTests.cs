using System.Diagnostics;
using System.Text.RegularExpressions;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Polling;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class LineMarksTests
{
    private static readonly LineMarks Standard = JobHost.MarksOf(new ExecutionOptions());

    [TestCase("all fine", "INFO")]
    [TestCase("2026-05-01 12:00:00,123 - umap - ERROR - no key", "ERROR")]
    [TestCase("ERROR: no key", "ERROR")]
    [TestCase("CRITICAL:root:gone", "ERROR")]
    [TestCase("Traceback (most recent call last):", "ERROR")]
    [TestCase("  File \"run.py\", line 3", "INFO")]
    [TestCase("ValueError: no such column", "ERROR")]
    [TestCase("botocore.exceptions.NoCredentialsError", "ERROR")]
    [TestCase("KeyboardInterrupt", "INFO")]
    [TestCase("ERROR_COUNT=0, TERRORS", "INFO")]
    [TestCase("WARNING: low memory", "WARNING")]
    [TestCase("WARN low memory", "WARNING")]
    [TestCase("a.py:3: DeprecationWarning: old", "WARNING")]
    [TestCase("WARNING and ERROR", "ERROR")]
    [TestCase("Results stored in DynamoDB for conversation 1 (ERROR count 0)", "INFO")]
    public void Output_has_the_level_that_it_shows(string text, string level) => Assert.That(Standard.LevelOf(text), Is.EqualTo(level));

    [Test]
    public void The_configured_patterns_count_and_one_that_says_harmless_goes_before_the_others()
    {
        var marks = JobHost.MarksOf(new ExecutionOptions
        {
            Levels = new() { Error = ["^fatal:", "(?i)panic"], Warning = ["deprecat"], Information = ["^fatal: not a git repository"] },
        });

        Assert.That(
            new[] { "fatal: no", "PANIC", "deprecated", "fatal: not a git repository", "ERROR" }.Select(text => marks.LevelOf(text)),
            Is.EqualTo(new[] { "ERROR", "ERROR", "WARNING", "INFO", "INFO" }));
    }

    [TestCase("Left out of the row's environment: 'LD_PRELOAD' (no).", "Left out of the row's environment: ")]
    [TestCase("[stdout] Left out of the row's environment: nothing", null)]
    [TestCase("[stdout] Results stored in DynamoDB for conversation 1", "Results stored in DynamoDB")]
    [TestCase("any other", null)]
    public void What_a_row_was_refused_is_kept_as_what_readers_look_for_is_and_output_cannot_imitate_it(string line, string? keptFor) =>
        Assert.That(Standard.KeptFor(line), keptFor is null ? Is.Null : Does.StartWith(keptFor));

    [TestCase("(a+", "is no regular expression")]
    [TestCase(@"(a)\1", "needs backtracking")]
    [TestCase("(?=a)b", "needs backtracking")]
    [TestCase(@"\bERROR\b", null)]
    public void What_is_wrong_with_a_pattern_is_said(string pattern, string? fault) =>
        Assert.That(LineMarks.Fault(pattern), fault is null ? Is.Null : Does.Contain(fault));

    [Test]
    public void No_line_can_hold_up_its_reader()
    {
        var marks = JobHost.MarksOf(new ExecutionOptions { Levels = new() { Error = ["^(a+)+$", "(x|xx)*y"] } });
        var line = new string('a', 500_000) + new string('x', 500_000);
        var start = Stopwatch.GetTimestamp();

        Assert.That(marks.LevelOf(line), Is.EqualTo("INFO"));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(20)), "with backtracking it would take for ever");
    }

    [TestCase("ERROR", "ERROR")]
    [TestCase(@"\b(ERROR|CRITICAL|FATAL)\b", "ERROR|CRITICAL|FATAL")]
    [TestCase(@"^Traceback \(most recent", "Traceback (most recent")]
    [TestCase(@"^[\w.]*(Error|Exception)(:|$)", "Error|Exception")]
    [TestCase(@"WARN(ING)?", "WARN")]
    [TestCase(@"abcd?e", "abc")]
    [TestCase(@"abcd+e", "abcd")]
    [TestCase(@"ab|cdef", null)]
    [TestCase(@"(?i)error", null)]
    [TestCase(@"abc{0}", null)]
    [TestCase(@"[a-z-[b]]error", null)]
    [TestCase(@"\x41error", null)]
    [TestCase(@".*", null)]
    public void The_texts_that_a_pattern_needs_are_known_or_not(string pattern, string? texts) =>
        Assert.That(PatternLiterals.Of(pattern), texts is null ? Is.Null : Is.EqualTo(texts.Split('|')));

    [Test]
    public void A_line_that_matches_a_pattern_holds_one_of_its_texts()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < 2_000; round++)
        {
            var pattern = RandomPattern(random, 3);
            if (LineMarks.Fault(pattern) is not null || PatternLiterals.Of(pattern) is not { } texts)
                continue;
            var line = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => "abc("[random.Next(4)]));

            Assert.That(
                !Regex.IsMatch(line, pattern, RegexOptions.NonBacktracking) || texts.Any(text => line.Contains(text, StringComparison.Ordinal)),
                () => $"seed {seed}, round {round}: '{pattern}' matches '{line}', but needs {string.Join(" or ", texts)}");
        }
    }

    private static string RandomPattern(Random random, int depth) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(depth > 0 ? 12 : 9) switch
        {
            0 => @"\(",
            1 => "[^b]",
            2 => "[]a]",
            3 => @"\w" + Quantifier(random),
            4 => @"\b",
            5 => "." + Quantifier(random),
            < 9 => "abcabc"[..random.Next(1, 6)] + Quantifier(random),
            9 => $"({RandomPattern(random, depth - 1)}){Quantifier(random)}",
            10 => $"(?:{RandomPattern(random, depth - 1)}|{RandomPattern(random, depth - 1)}){Quantifier(random)}",
            _ => $"(abca|{RandomPattern(random, depth - 1)})",
        }));

    private static string Quantifier(Random random) => new[] { "", "", "", "?", "*", "+", "+?", "{0,2}" }[random.Next(8)];
}
