using System.Text;
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
    public async Task What_arrives_is_what_was_sent_whatever_the_chunks_are()
    {
        var random = new Random(11);
        for (var round = 0; round < 300; round++)
        {
            var sent = Enumerable.Range(0, random.Next(1, 60)).Select(_ => RandomLine(random)).ToList();
            var text = Encoding.UTF8.GetBytes(string.Concat(sent.Select(line => line + (random.Next(4) == 0 ? "\r\n" : "\n"))));

            var lines = await PumpAsync(new ExecutionOptions { MaxLineBytes = 1024 }, SecretMasker.None, text, random);

            Assert.That(lines, Is.EqualTo(sent));
            Assert.That(await File.ReadAllBytesAsync(SpoolPath), Is.EqualTo(text));
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

    private static string RandomLine(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(0, 200)).Select(_ => "abcdefghij äöü€漢"[random.Next(16)]));

    private async Task<List<string>> PumpAsync(ExecutionOptions options, SecretMasker masker, byte[] text, Random random)
    {
        var lines = new List<string>();
        using var pump = new OutputPump(options, masker, SpoolPath, line => lines.Add(line.Text));
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
