using System.Text;
using DelphiRunner.Engine.Execution.Output;

namespace DelphiRunner.Engine.Tests.Execution.Output;

[TestFixture]
public sealed class LineAssemblerTests
{
    [TestCase("a\nb\n", "a|b")]
    [TestCase("a\r\nb\r\n", "a|b")]
    [TestCase("10 %\r20 %\r", "10 %|20 %")]
    [TestCase("a\n\nb", "a||b")]
    [TestCase("a\r\r\nb", "a||b")]
    [TestCase("a\n\rb", "a||b")]
    [TestCase("no end", "no end")]
    [TestCase("12345678\n123456789\n", "12345678|12345678+1")]
    [TestCase("1234567890", "12345678+2")]
    public void A_stream_is_cut_into_the_same_lines_whatever_its_chunks_are(string text, string expected)
    {
        for (var length = 1; length <= text.Length; length++)
        {
            var lines = new List<string>();
            var assembler = new LineAssembler(8, (line, dropped) => lines.Add(Encoding.UTF8.GetString(line) + (dropped > 0 ? $"+{dropped}" : string.Empty)));

            foreach (var chunk in Encoding.UTF8.GetBytes(text).Chunk(length))
                assembler.Take(chunk);
            assembler.End();

            Assert.That(string.Join('|', lines), Is.EqualTo(expected), () => $"chunks of {length}");
        }
    }

    [Test]
    public void A_line_is_handed_on_at_a_carriage_return_without_waiting_for_what_follows()
    {
        var lines = new List<string>();
        var assembler = new LineAssembler(80, (line, _) => lines.Add(Encoding.UTF8.GetString(line)));

        assembler.Take("10 %\r"u8);

        Assert.That(lines, Is.EqualTo(new[] { "10 %" }));
    }
}
