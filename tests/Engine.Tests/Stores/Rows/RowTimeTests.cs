using System.Globalization;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests.Stores.Rows;

internal sealed class RowTimeTests
{
    [Test]
    public void A_time_is_written_in_universal_time_with_six_digits_and_read_back()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < 2_000; round++)
        {
            var ticks = random.NextInt64(TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay);
            var time = new DateTimeOffset(ticks, TimeSpan.FromMinutes(random.Next(-14 * 60, (14 * 60) + 1)));

            var text = RowTime.Format(time);

            Assert.That(
                text,
                Is.EqualTo(time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture)),
                () => $"seed {seed}, round {round}");
            Assert.That(RowTime.Parse(text), Is.EqualTo(new DateTimeOffset(time.UtcTicks - (time.UtcTicks % 10), TimeSpan.Zero)), () => $"seed {seed}, round {round}");
        }
    }

    [TestCase("2026-01-02T12:00:00.000000+00:00", "2026-01-02T12:00:00.0000000+00:00")]
    [TestCase("2026-01-02 12:00:00.000000+00:00", "2026-01-02T12:00:00.0000000+00:00")]
    [TestCase("2026-01-02T12:00:00.123456+02:00", "2026-01-02T10:00:00.1234560+00:00")]
    [TestCase("2026-01-02T12:00:00.1234567+00:00", "2026-01-02T12:00:00.1234567+00:00")]
    [TestCase("2025-12-10T18:42:07.431Z", "2025-12-10T18:42:07.4310000+00:00")]
    [TestCase("2025-12-10T18:42:07", "2025-12-10T18:42:07.0000000+00:00")]
    [TestCase("2026-13-02T12:00:00.000000+00:00", null)]
    [TestCase("2026-02-30T12:00:00.000000+00:00", null)]
    [TestCase("2026-01-02T25:00:00.000000+00:00", null)]
    [TestCase("2026-01-02T12:00:00.00000x+00:00", null)]
    [TestCase("2026-01-02", null)]
    [TestCase("", null)]
    public void Every_form_that_writers_use_is_read_and_nothing_else(string text, string? time) =>
        Assert.That(RowTime.Parse(text)?.ToString("O", CultureInfo.InvariantCulture), Is.EqualTo(time));
}
