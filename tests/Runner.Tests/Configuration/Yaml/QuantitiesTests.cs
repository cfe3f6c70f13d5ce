using DelphiRunner.Runner.Configuration.Yaml;

namespace DelphiRunner.Runner.Tests.Configuration.Yaml;

public sealed class QuantitiesTests
{
    [TestCase("500ms", 500)]
    [TestCase("10s", 10_000)]
    [TestCase("5m", 300_000)]
    [TestCase("1h", 3_600_000)]
    [TestCase("2d", 172_800_000)]
    [TestCase("0s", 0)]
    [TestCase("90m", 5_400_000)]
    public void A_duration_is_a_whole_number_and_a_unit(string text, double milliseconds)
    {
        var understood = Quantities.TryParseDuration(text, out var duration);

        Assert.That(understood, Is.True);
        Assert.That(duration.TotalMilliseconds, Is.EqualTo(milliseconds));
    }

    [TestCase("")]
    [TestCase("5")]
    [TestCase("s")]
    [TestCase("-5s")]
    [TestCase("+5s")]
    [TestCase("1.5h")]
    [TestCase("5 s")]
    [TestCase("5S")]
    [TestCase("1h30m")]
    [TestCase("5w")]
    [TestCase("99999999999999d")]
    [TestCase("99999999999999999999s")]
    public void Nothing_else_is_a_duration(string text)
    {
        Assert.That(Quantities.TryParseDuration(text, out _), Is.False);
    }

    [TestCase("256B", 256)]
    [TestCase("64KiB", 65_536)]
    [TestCase("8MiB", 8_388_608)]
    [TestCase("4GiB", 4_294_967_296)]
    public void A_size_is_a_whole_number_and_a_unit(string text, long bytes)
    {
        var understood = Quantities.TryParseSize(text, out var size);

        Assert.That(understood, Is.True);
        Assert.That(size, Is.EqualTo(bytes));
    }

    [TestCase("64")]
    [TestCase("64KB")]
    [TestCase("64kib")]
    [TestCase("64 KiB")]
    [TestCase("-1B")]
    [TestCase("9999999999GiB")]
    public void Nothing_else_is_a_size(string text)
    {
        Assert.That(Quantities.TryParseSize(text, out _), Is.False);
    }

    [TestCase("90m")]
    [TestCase("2d")]
    [TestCase("1500ms")]
    [TestCase("30s")]
    public void A_formatted_duration_reads_as_it_was_written(string text)
    {
        var understood = Quantities.TryParseDuration(text, out var duration);

        Assert.That(understood, Is.True);
        Assert.That(Quantities.FormatDuration(duration), Is.EqualTo(text));
    }

    [Test]
    public void Nothing_is_formatted_with_the_smallest_unit()
    {
        Assert.That(Quantities.FormatDuration(TimeSpan.Zero), Is.EqualTo("0ms"));
        Assert.That(Quantities.FormatSize(0), Is.EqualTo("0B"));
        Assert.That(Quantities.FormatSize(65_536), Is.EqualTo("64KiB"));
    }
}
