using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Output;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Tests.Execution.Output;

[TestFixture]
public sealed class OutputPumpTests
{
    private string _folder = null!;

    private string SpoolPath => Path.Combine(_folder, "spool.log");

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("delphi-pump-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task What_arrives_is_what_was_sent_and_cut_only_where_that_is_said()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < 400; round++)
        {
            var limit = random.Next(256, 1100);
            var masker = random.Next(2) == 0 ? SecretMasker.None : new SecretMasker(["a-secret-that-never-comes", "漢-another"]);
            var sent = Enumerable.Range(0, random.Next(1, 60)).Select(_ => RandomLine(random, limit)).ToList();
            var text = Encoding.UTF8.GetBytes(string.Concat(sent.Select(line => line + new[] { "\n", "\n", "\r\n", "\r" }[line.Length == 0 ? 0 : random.Next(4)])) + "end");

            var lines = await PumpAsync(new ExecutionOptions { MaxLineBytes = limit }, masker, text, random);

            // A \n behind an \r belongs to it, so that an empty line there does not arrive.
            var expected = Lines(Encoding.UTF8.GetString(text)).Select(line => Cut(line, limit));
            Assert.That(lines, Is.EqualTo(expected), () => $"seed {seed}, round {round}");
            Assert.That(await File.ReadAllBytesAsync(SpoolPath), Is.EqualTo(text), () => $"seed {seed}, round {round}");
        }
    }

    [Test]
    public async Task Two_streams_at_once_keep_their_lines_whole_and_in_order()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < 50; round++)
        {
            var sent = new[] { 'a', 'b' }.Select(name => Enumerable.Range(0, 200).Select(number => $"{name} {number} {new string(name, random.Next(100))}").ToList()).ToList();
            var lines = new List<TakenLine>();
            using (var pump = new OutputPump(new ExecutionOptions(), SecretMasker.None, SpoolPath, line => lines.Add(TakenLine.Of(line))))
            {
                var reading = sent.Select((list, index) => (Stream: new ChunkStream(Encoding.UTF8.GetBytes(string.Join('\n', list)), new Random(random.Next())), index)).ToList();
                await Task.WhenAll(reading.Select(read => Task.Run(() => pump.ReadAsync(read.Stream, read.index == 1, CancellationToken.None))));
            }

            Assert.That(lines.Where(line => !line.FromStandardError).Select(line => line.Text), Is.EqualTo(sent[0]), () => $"seed {seed}, round {round}");
            Assert.That(lines.Where(line => line.FromStandardError).Select(line => line.Text), Is.EqualTo(sent[1]), () => $"seed {seed}, round {round}");
        }
    }

    [Test]
    public async Task No_form_of_a_secret_passes_into_a_line_or_the_spool_whatever_else_a_command_writes()
    {
        var random = Seed.Begin(out var seed);
        for (var round = 0; round < 400; round++)
        {
            var secret = string.Concat(Enumerable.Range(0, random.Next(8, 30)).Select(_ => "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[random.Next(26)]));
            var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('=');
            var text = string.Concat(Enumerable.Range(0, 40).Select(_ => random.Next(8) switch
            {
                0 => secret,
                1 => base64,
                2 => "\u001b[3" + random.Next(8) + "m",
                3 => secret[..random.Next(secret.Length)] + "!",
                4 => string.Join("\u0007", secret.AsEnumerable()),
                5 => new string('x', random.Next(400)),
                6 => "\n",
                _ => new string('y', random.Next(10)) + "\r",
            }));

            var lines = await PumpAsync(new ExecutionOptions { MaxLineBytes = random.Next(256, 600) }, new SecretMasker([secret, secret + "-LONGER"]), Encoding.UTF8.GetBytes(text), random);

            var spool = await File.ReadAllTextAsync(SpoolPath);
            Assert.That(lines.Append(spool), Has.None.Contains(secret), () => $"seed {seed}, round {round}");
            Assert.That(lines.Append(spool), Has.None.Contains(base64), () => $"seed {seed}, round {round}");
            Assert.That(Regex.Replace(spool, "\a|\e\\[3[0-7]m", ""), Does.Not.Contain(secret), () => $"as a terminal shows it, seed {seed}, round {round}");
        }
    }

    [Test]
    public async Task No_secret_passes_at_the_cut_of_a_line()
    {
        const string Secret = "TOPSECRET-TOPSECRET";
        var masker = new SecretMasker([Secret]);
        var options = new ExecutionOptions { MaxLineBytes = 256 };
        for (var before = 200; before < 300; before++)
        {
            foreach (var hidden in new[] { Secret, string.Join("\u001b[0m", Secret.AsEnumerable()) })
            {
                var text = new string('x', before) + hidden + new string('y', 5000) + "\n";

                var lines = await PumpAsync(options, masker, Encoding.UTF8.GetBytes(text), new Random(before));

                Assert.That(lines, Has.Count.EqualTo(1));
                Assert.That(lines[0], Does.Not.Contain("T"), () => $"{before} bytes before the secret");
                Assert.That(lines[0], Does.Contain("[cut: the line has "));
            }
        }
    }

    [Test]
    public async Task A_line_is_cut_between_characters()
    {
        var text = Encoding.UTF8.GetBytes(new string('a', 255) + new string('€', 2000) + "\n");

        var lines = await PumpAsync(new ExecutionOptions { MaxLineBytes = 256 }, SecretMasker.None, text, new Random(1));

        Assert.That(lines, Is.EqualTo(new[] { new string('a', 255) + " [cut: the line has 6,255 bytes]" }));
    }

    [Test]
    public async Task The_limit_itself_is_no_cut()
    {
        var line = new string('a', 256);

        var lines = await PumpAsync(new ExecutionOptions { MaxLineBytes = 256 }, new SecretMasker(["secret-value"]), Encoding.UTF8.GetBytes(line + "\n" + line + "b"), new Random(1));

        Assert.That(lines, Is.EqualTo(new[] { line, line + " [cut: the line has 257 bytes]" }));
    }

    [Test]
    public async Task A_secret_that_is_cut_off_by_the_end_of_the_output_does_not_show_its_beginning()
    {
        var lines = await PumpAsync(new ExecutionOptions(), new SecretMasker(["secret-value"]), "key secret-val"u8.ToArray(), new Random(1));

        Assert.That(lines, Is.EqualTo(new[] { "key ***" }));
        Assert.That(await File.ReadAllTextAsync(SpoolPath), Is.EqualTo("key ***"));
    }

    // As long as the limit, nearly, or far from it.
    private static string RandomLine(Random random, int limit)
    {
        var bytes = random.Next(6) switch { 0 => 0, 1 => limit + random.Next(-3, 4), 2 => random.Next(3 * limit), _ => random.Next(200) };
        var line = new StringBuilder();
        for (var length = 0; length < bytes;)
        {
            var letter = "abcdefghij äöü€漢"[random.Next(16)];
            line.Append(letter);
            length += Encoding.UTF8.GetByteCount([letter]);
        }

        return line.ToString();
    }

    // What a line end is, said by an expression.
    private static string[] Lines(string text) => Regex.Split(text, "\r\n|\r|\n");

    private static string Cut(string line, int limit)
    {
        var bytes = Encoding.UTF8.GetBytes(line);
        if (bytes.Length <= limit)
            return line;
        var kept = limit;
        while (kept > 0 && (bytes[kept] & 0xC0) == 0x80)
            kept--;
        return string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetString(bytes[..kept])} [cut: the line has {bytes.Length:N0} bytes]");
    }

    private async Task<List<string>> PumpAsync(ExecutionOptions options, SecretMasker masker, byte[] text, Random random)
    {
        var lines = new List<string>();
        using var pump = new OutputPump(options, masker, SpoolPath, line => lines.Add(line.Text.ToString()));
        using var stream = new ChunkStream(text, random);
        await pump.ReadAsync(stream, fromStandardError: false, CancellationToken.None);
        return lines;
    }

    /// <summary>Gives few bytes at a time, as a pipe does.</summary>
    private sealed class ChunkStream(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, 400))], cancellationToken);
    }
}
