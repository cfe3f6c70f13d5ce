using System.Buffers;
using System.Text;
using DelphiRunner.Engine.Execution.Output;

namespace DelphiRunner.Engine.Tests.Execution.Output;

[TestFixture]
public sealed class LineCleanerTests
{
    [TestCase("plain text, äöü 漢字 😀 – “quoted”", "plain text, äöü 漢字 😀 – “quoted”")]
    [TestCase("\u001b[1;31mred\u001b[0m", "red")]
    [TestCase("\u001b[?25l\u001b[2K\u001b[1Gdone\u001b[?25h", "done")]
    [TestCase("\u001b]0;title\u0007text", "text")]
    [TestCase("\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "link")]
    [TestCase("\u001b]0;no end hides nothing", "0;no end hides nothing")]
    [TestCase("\u001b(Bcharset \u001b7saved\u001b8", "charset saved")]
    [TestCase("cut \u001b[12;", "cut ")]
    [TestCase("cut \u001b[", "cut ")]
    [TestCase("cut \u001b", "cut ")]
    [TestCase("bad \u001b[1ä2", "bad ä2")]
    [TestCase("\u009b31mC1\u009b0m \u0085x", "C1 x")]
    [TestCase("tab\there", "tab here")]
    [TestCase("nul\0 bell\a back\b del\u007f", "nul bell back del")]
    [TestCase("a\u2028b\u2029c", "a b c")]
    [TestCase("turn\u202e\u2066ed\u200f", "turned")]
    [TestCase("\u001b[31m", "")]
    [TestCase("", "")]
    public void A_line_keeps_its_text_only(string line, string expected)
    {
        var cleaned = new ArrayBufferWriter<byte>();

        var result = LineCleaner.TryClean(Encoding.UTF8.GetBytes(line), cleaned) ? Encoding.UTF8.GetString(cleaned.WrittenSpan) : line;

        Assert.That(result, Is.EqualTo(expected));
    }

    [Test]
    public void Random_bytes_are_cleaned_of_every_control_character()
    {
        var random = Seed.Begin(out var seed);
        var cleaned = new ArrayBufferWriter<byte>();
        byte[] favoured = [0x1B, (byte)'[', (byte)']', 7, (byte)'\\', 0xC2, 0x9B, 0xE2, 0x80, 0xA8, (byte)'m', 0, 0x7F];
        for (var round = 0; round < 20_000; round++)
        {
            var line = new byte[random.Next(40)];
            for (var i = 0; i < line.Length; i++)
                line[i] = random.Next(2) == 0 ? favoured[random.Next(favoured.Length)] : (byte)random.Next(256);
            cleaned.ResetWrittenCount();

            var result = LineCleaner.TryClean(line, cleaned) ? cleaned.WrittenSpan : line;

            Assert.That(Encoding.UTF8.GetString(result).Any(c => char.IsControl(c) || c is '\u2028' or '\u2029'), Is.False, () => $"seed {seed}: {Convert.ToHexString(line)}");
        }
    }
}
