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

        var result = LineCleaner.TryClean(Encoding.UTF8.GetBytes(line), cleaned, out _) ? Encoding.UTF8.GetString(cleaned.WrittenSpan) : line;

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

            var result = LineCleaner.TryClean(line, cleaned, out _) ? cleaned.WrittenSpan : line;

            Assert.That(Encoding.UTF8.GetString(result).Any(c => char.IsControl(c) || c is '\u2028' or '\u2029'), Is.False, () => $"seed {seed}: {Convert.ToHexString(line)}");
        }
    }

    [TestCase("\u001b]", "", TestName = "Strings_without_an_end_cost_no_more_than_the_line_is_long")]
    [TestCase("\u001b]x\u0007", "", TestName = "Strings_with_one_end_cost_no_more_than_the_line_is_long")]
    [TestCase("\u001bPx\u001b\\", "", TestName = "Strings_with_the_other_end_cost_no_more_than_the_line_is_long")]
    [TestCase("\u001b]\u001b_x", "x", TestName = "Strings_in_strings_cost_no_more_than_the_line_is_long")]
    public void A_long_line_of_strings_is_cleaned(string piece, string expected)
    {
        // So long that a look at the rest of the line for each of them would take an hour.
        const int Count = 4 * 1024 * 1024;
        var cleaned = new ArrayBufferWriter<byte>();

        LineCleaner.TryClean(Encoding.UTF8.GetBytes(new StringBuilder().Insert(0, piece, Count).ToString()), cleaned, out _);

        Assert.That(cleaned.WrittenCount, Is.EqualTo(Count * expected.Length));
        Assert.That(cleaned.WrittenSpan.ContainsAnyExcept(Encoding.UTF8.GetBytes(expected)), Is.False);
    }

    [Test]
    public void Strings_and_their_ends_are_told_apart_as_by_a_look_at_the_whole_rest_for_each()
    {
        var random = Seed.Begin(out var seed);
        var cleaned = new ArrayBufferWriter<byte>();
        for (var round = 0; round < 100_000; round++)
        {
            var line = new string(random.GetItems<char>("\u001b\u001b\u001b]P\\\u0007ab", random.Next(24)));
            cleaned.ResetWrittenCount();

            var result = LineCleaner.TryClean(Encoding.UTF8.GetBytes(line), cleaned, out _) ? Encoding.UTF8.GetString(cleaned.WrittenSpan) : line;

            Assert.That(result, Is.EqualTo(WithoutStrings(line)), () => $"seed {seed}: {Convert.ToHexString(Encoding.UTF8.GetBytes(line))}");
        }
    }

    // Knows the letters of the test above only.
    private static string WithoutStrings(string line)
    {
        var text = new StringBuilder();
        for (var i = 0; i < line.Length; i++)
        {
            var next = i + 1 < line.Length ? line[i + 1] : '\0';
            if (line[i] != '\u001b')
                text.Append(line[i] == '\u0007' ? "" : line[i]);
            else if (next is ']' or 'P')
                i += LengthOfString(line[i..]) - 1;
            else if (next is '\\' or 'a' or 'b')
                i++;
        }

        return text.ToString();
    }

    private static int LengthOfString(string rest) => new[]
    {
        rest.IndexOf('\u0007', StringComparison.Ordinal) + 1,
        rest.IndexOf("\u001b\\", StringComparison.Ordinal) is >= 0 and var end ? end + 2 : 0,
    }.Where(length => length > 0).DefaultIfEmpty(2).Min();
}
