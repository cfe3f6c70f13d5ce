using System.Globalization;
using DelphiRunner.Engine.Execution.Output;

namespace DelphiRunner.Engine.Tests.Execution.Output;

[TestFixture]
public sealed class LastLinesTests
{
    [Test]
    public void The_last_lines_are_kept_in_their_order()
    {
        var lines = new LastLines(3);

        for (var i = 0; i < 10; i++)
            lines.Add(i.ToString(CultureInfo.InvariantCulture));

        Assert.That(lines.ToList(), Is.EqualTo(new[] { "7", "8", "9" }));
    }

    [Test]
    public void Long_lines_are_bounded_by_their_size()
    {
        var lines = new LastLines(100_000);

        for (var i = 0; i < 10; i++)
            lines.Add(new string((char)('0' + i), 500_000));

        Assert.That(lines.ToList().Select(line => line[0]), Is.EqualTo("6789"));
    }

    [Test]
    public void Lines_of_any_length_come_out_as_they_went_in_wherever_the_ring_begins_anew()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < 200; round++)
        {
            var limit = random.Next(1, 30);
            var longest = random.Next(4) == 0 ? 5_000 : 60;
            var lines = new LastLines(limit);
            var expected = new Queue<string>();
            for (var i = 0; i < 300; i++)
            {
                var line = string.Concat(Enumerable.Range(0, random.Next(longest)).Select(_ => (char)('a' + random.Next(26))));
                lines.Add(line);
                expected.Enqueue(line);
                if (expected.Count > limit)
                    expected.Dequeue();
            }

            Assert.That(lines.ToList(), Is.EqualTo(expected), () => $"seed {seed}, round {round}");
        }
    }

    [Test]
    public void Empty_lines_are_lines()
    {
        var lines = new LastLines(3);

        for (var i = 0; i < 5; i++)
            lines.Add(string.Empty);
        lines.Add("text");

        Assert.That(lines.ToList(), Is.EqualTo(new[] { string.Empty, string.Empty, "text" }));
    }

    [Test]
    public void A_line_that_alone_is_too_large_is_kept_alone()
    {
        var lines = new LastLines(10);

        lines.Add("before");
        lines.Add(new string('x', LastLines.MaxCharacters + 1));
        lines.Add(string.Empty);

        Assert.That(lines.ToList(), Is.EqualTo(new[] { string.Empty }));
    }
}
