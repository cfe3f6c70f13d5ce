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
}
