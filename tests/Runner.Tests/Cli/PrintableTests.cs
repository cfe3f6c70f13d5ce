using DelphiRunner.Runner.Cli;

namespace DelphiRunner.Runner.Tests.Cli;

public sealed class PrintableTests
{
    [Test]
    public void A_row_cannot_steer_the_terminal_or_forge_a_line()
    {
        Assert.That(Printable.Line("a\u001b[2Jb\r\nc\u009b1m"), Is.EqualTo("a\uFFFD[2Jb\uFFFD\uFFFDc\uFFFD1m"));
    }

    [Test]
    public void Text_on_several_lines_keeps_its_line_breaks_and_nothing_else()
    {
        Assert.That(Printable.Lines("a\n\tb\u0007"), Is.EqualTo("a\n\tb\uFFFD"));
    }

    [Test]
    public void Other_alphabets_stay_as_they_are()
    {
        Assert.That(Printable.Line("käse 意見 😀"), Is.EqualTo("käse 意見 😀"));
    }
}
