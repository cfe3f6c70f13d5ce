using System.Globalization;
using System.Text;
using System.Text.Json;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests.Stores.Rows;

internal sealed class LogExcerptTests
{
    private static readonly DateTimeOffset Noon = Tests.Rows.Noon;

    [Test]
    public void Other_keys_and_earlier_entries_of_the_stored_log_are_kept()
    {
        var excerpt = LogExcerpt.Read(
            RowValue.OfText("""{"entries":[{"timestamp":"2025-12-10T18:42:07.431Z","level":"INFO","message":"Job created"}],"log_location":"s3"}"""), Noon);
        excerpt.Add(Noon, "INFO", "next");

        Assert.That(
            excerpt.ToJson(16_000),
            Is.EqualTo("""{"entries":[{"timestamp":"2025-12-10T18:42:07.431Z","level":"INFO","message":"Job created"},{"timestamp":"2026-01-02T12:00:00.000000+00:00","level":"INFO","message":"next"}],"log_location":"s3"}"""));
    }

    [Test]
    public void Half_a_character_in_the_stored_log_costs_no_more_than_itself()
    {
        var excerpt = LogExcerpt.Read(RowValue.OfText("""{"entries":[{"level":"INFO","message":"a \udcff b"}],"o\ud800":"\udcff"}"""), Noon);

        Assert.That(excerpt.ToJson(16_000), Is.EqualTo("{\"entries\":[{\"level\":\"INFO\",\"message\":\"a \uFFFD b\"}],\"o\uFFFD\":\"\uFFFD\"}"));
    }

    [TestCase("""{"entries":[{"timestamp":"2025-12-02T00:00:00Z","level":"INFO","mess""")]
    [TestCase("not json")]
    public void A_stored_log_that_cannot_be_read_is_replaced_and_that_is_said(string stored)
    {
        var excerpt = LogExcerpt.Read(RowValue.OfText(stored), Noon);

        Assert.That(excerpt.ToJson(16_000), Does.Contain("not valid JSON and was replaced"));
    }

    [Test]
    public void A_line_that_takes_the_place_of_an_older_one_keeps_nothing_of_it()
    {
        var excerpt = LogExcerpt.Read(null, Noon);
        var levels = new[] { "INFO", "WARNING", "ERROR" };
        for (var number = 0; number < 400; number++)
        {
            excerpt.Add(Noon.AddSeconds(number), levels[number % 3], $"{number} {new string('x', number * 37 % 90)}");
        }

        using var json = JsonDocument.Parse(excerpt.ToJson(100_000));
        var entries = json.RootElement.GetProperty("entries").EnumerateArray()
            .Where(entry => !entry.GetProperty("message").GetString()!.EndsWith("left out]", StringComparison.Ordinal)).ToList();
        Assert.That(entries, Has.Count.EqualTo(8 + 30 + 6 + 12));
        foreach (var entry in entries)
        {
            var message = entry.GetProperty("message").GetString()!;
            var number = int.Parse(message.Split(' ')[0], CultureInfo.InvariantCulture);
            Assert.That(message, Is.EqualTo($"{number} {new string('x', number * 37 % 90)}"));
            Assert.That(entry.GetProperty("level").GetString(), Is.EqualTo(levels[number % 3]));
            Assert.That(entry.GetProperty("timestamp").GetString(), Is.EqualTo(RowTime.Format(Noon.AddSeconds(number))));
        }
    }

    [Test]
    public void An_entry_without_time_and_level_is_kept()
    {
        var excerpt = LogExcerpt.Read(RowValue.OfText("""{"entries":[{"message":"bare"}]}"""), Noon);

        Assert.That(excerpt.ToJson(16_000), Is.EqualTo("""{"entries":[{"level":"INFO","message":"bare"}]}"""));
    }

    [Test]
    public void A_long_message_is_cut_and_its_length_told()
    {
        var excerpt = LogExcerpt.Read(null, Noon);
        excerpt.Add(Noon, "INFO", new string('x', 7200));

        using var document = JsonDocument.Parse(excerpt.ToJson(16_000));
        var message = document.RootElement.GetProperty("entries")[0].GetProperty("message").GetString()!;
        Assert.That(message, Has.Length.LessThanOrEqualTo(LogExcerpt.MaxMessageLength));
        Assert.That(message, Does.EndWith("[7200 characters]"));
    }

    [TestCase(0, 7000)]
    [TestCase(1970, 0)]
    [TestCase(2500, 0)]
    [TestCase(2500, 7000)]
    [TestCase(300_000, 20)]
    public void What_readers_look_for_stays_in_a_message_that_is_cut(int before, int behind)
    {
        const string Line = "Results stored in DynamoDB for conversation 12345";
        var excerpt = LogExcerpt.Read(null, Noon);
        excerpt.Add(Noon, "INFO", $"[stdout] {new string('.', before)}{Line}{new string('!', behind)}", keptFor: "Results stored in DynamoDB");

        using var document = JsonDocument.Parse(excerpt.ToJson(16_000));
        var message = document.RootElement.GetProperty("entries")[0].GetProperty("message").GetString()!;
        Assert.That(message, Does.Contain(Line).And.EndsWith($"[{9 + before + Line.Length + behind} characters]"));
        Assert.That(message, Has.Length.InRange(LogExcerpt.MaxMessageLength - 30, LogExcerpt.MaxMessageLength));
        Assert.That(message, before == 0 ? Does.StartWith("[stdout] Results") : Does.StartWith("…."));
    }

    [Test]
    public void Of_a_long_message_the_last_text_that_readers_look_for_stays()
    {
        var excerpt = LogExcerpt.Read(null, Noon);
        excerpt.Add(Noon, "INFO", $"stored 1 {new string('.', 5000)} stored 2", keptFor: "stored");

        Assert.That(excerpt.ToJson(16_000), Does.Contain("stored 2… [5018 characters]").Or.Contain("stored 2 [5018 characters]"));
    }

    [Test]
    public void The_excerpt_keeps_to_its_bytes_and_gives_up_an_error_last()
    {
        var excerpt = LogExcerpt.Read(null, Noon);
        foreach (var number in Enumerable.Range(0, 60))
        {
            excerpt.Add(Noon, "INFO", $"{number} {new string('ß', 900)}");
        }

        excerpt.Add(Noon, "ERROR", "the reason");

        var json = excerpt.ToJson(16 * 1024);
        Assert.That(Encoding.UTF8.GetByteCount(json), Is.LessThanOrEqualTo(16 * 1024));
        Assert.That(json, Does.Contain("the reason"));
        Assert.That(json, Does.Contain("lines left out"));
    }

    [Test]
    public void Errors_and_warnings_stay_longer_than_the_lines_around_them()
    {
        var excerpt = LogExcerpt.Read(null, Noon);
        foreach (var number in Enumerable.Range(0, 400))
        {
            var level = (number % 40) switch { 10 => "ERROR", 20 => "WARNING", _ => "INFO" };
            excerpt.Add(Noon, level, $"{level} {number} {new string('x', 400)}");
        }

        var all = Levels(excerpt.ToJson(1_000_000));
        var some = Levels(excerpt.ToJson(12_000));
        var few = Levels(excerpt.ToJson(4_000));
        Assert.That(new[] { Count(all, "ERROR"), Count(all, "WARNING") }, Is.EqualTo(new[] { 10, 6 }));
        Assert.That(new[] { Count(some, "ERROR"), Count(some, "WARNING") }, Is.EqualTo(new[] { 10, 6 }));
        Assert.That(Count(some, "INFO"), Is.LessThan(Count(all, "INFO")));
        Assert.That(Count(few, "ERROR"), Is.GreaterThan(3));
        Assert.That(Count(few, "WARNING"), Is.Zero);

        static int Count(List<string> levels, string level) => levels.Count(seen => seen == level);
    }

    [Test]
    public void The_bytes_hold_whatever_the_lines_are([Values(2_000, 16_000, 100_000)] int maxBytes)
    {
        var random = Seed.Begin(out var seed);
        var excerpt = LogExcerpt.Read(null, Noon);
        excerpt.Add(Noon, "INFO", "created");
        for (var line = 0; line < 500; line++)
        {
            var level = new[] { "INFO", "INFO", "INFO", "WARNING", "ERROR" }[random.Next(5)];
            excerpt.Add(Noon, level, string.Concat(Enumerable.Range(0, random.Next(400)).Select(_ => "ab\"\\ß漢"[random.Next(6)])));

            Assert.That(Encoding.UTF8.GetByteCount(excerpt.ToJson(maxBytes)), Is.LessThanOrEqualTo(maxBytes), () => $"seed {seed}, line {line}");
        }
    }

    [Test]
    public void What_readers_look_for_stays_for_each_text_and_through_every_reader_of_the_excerpt()
    {
        var excerpt = LogExcerpt.Read(null, Noon);
        foreach (var number in Enumerable.Range(0, 10))
        {
            excerpt.Add(Noon, "INFO", $"begin {number}");
        }

        excerpt.Add(Noon, "INFO", "the one line", keptFor: "one");
        foreach (var number in Enumerable.Range(0, 100))
        {
            excerpt.Add(Noon, "INFO", $"often {number}", keptFor: "often");
            excerpt.Add(Noon, "ERROR", $"error {number}");
        }

        var again = LogExcerpt.Read(RowValue.OfText(excerpt.ToJson(1)), Noon);
        foreach (var number in Enumerable.Range(0, 100))
        {
            again.Add(Noon, "INFO", $"end {number}");
        }

        var json = again.ToJson(1);
        Assert.That(json, Does.Contain("the one line").And.Contain("often 96").And.Contain("often 99").And.Not.Contain("often 95"));
        Assert.That(json, Does.Not.Contain("error").And.Not.Contain("end"));
    }

    private static List<string> Levels(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("entries").EnumerateArray()
            .Where(entry => !entry.GetProperty("message").GetString()!.EndsWith("left out]", StringComparison.Ordinal))
            .Select(entry => entry.GetProperty("level").GetString()!)];
    }
}
