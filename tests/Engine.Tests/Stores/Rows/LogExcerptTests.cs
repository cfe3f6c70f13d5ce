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
        excerpt.Add(Noon, "INFO", "next", keep: false);

        Assert.That(
            excerpt.ToJson(16_000),
            Is.EqualTo("""{"entries":[{"timestamp":"2025-12-10T18:42:07.431Z","level":"INFO","message":"Job created"},{"timestamp":"2026-01-02T12:00:00.000000+00:00","level":"INFO","message":"next"}],"log_location":"s3"}"""));
    }

    [TestCase("""{"entries":[{"timestamp":"2025-12-02T00:00:00Z","level":"INFO","mess""")]
    [TestCase("not json")]
    public void A_stored_log_that_cannot_be_read_is_replaced_and_that_is_said(string stored)
    {
        var excerpt = LogExcerpt.Read(RowValue.OfText(stored), Noon);

        Assert.That(excerpt.ToJson(16_000), Does.Contain("not valid JSON and was replaced"));
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
        excerpt.Add(Noon, "INFO", new string('x', 7200), keep: false);

        using var document = JsonDocument.Parse(excerpt.ToJson(16_000));
        var message = document.RootElement.GetProperty("entries")[0].GetProperty("message").GetString()!;
        Assert.That(message, Has.Length.LessThanOrEqualTo(LogExcerpt.MaxMessageLength));
        Assert.That(message, Does.EndWith("[7200 characters]"));
    }

    [Test]
    public void The_excerpt_keeps_to_its_bytes_and_never_gives_up_a_kept_line()
    {
        var excerpt = LogExcerpt.Read(null, Noon);
        foreach (var number in Enumerable.Range(0, 60))
        {
            excerpt.Add(Noon, "INFO", $"{number} {new string('ß', 900)}", keep: false);
        }

        excerpt.Add(Noon, "ERROR", "the reason", keep: true);

        var json = excerpt.ToJson(16 * 1024);
        Assert.That(Encoding.UTF8.GetByteCount(json), Is.LessThanOrEqualTo(16 * 1024));
        Assert.That(json, Does.Contain("the reason"));
        Assert.That(json, Does.Contain("lines left out"));
    }
}
