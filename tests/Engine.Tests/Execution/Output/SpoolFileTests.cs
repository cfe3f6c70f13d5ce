using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using DelphiRunner.Engine.Execution.Output;

namespace DelphiRunner.Engine.Tests.Execution.Output;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SpoolFileTests
{
    private const int Room = 64 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-spool-").FullName;

    private string SpoolPath => Path.Combine(_folder, "a.log");

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void What_fits_is_kept_whole_whatever_the_chunks_are([Values(1, 7, 1000, Room)] int chunk)
    {
        var text = Numbers(Room);

        var spool = Spool(text, chunk);

        Assert.That(Read(), Is.EqualTo(text));
        Assert.That(spool.DroppedBytes, Is.Zero);
        Assert.That(spool.Note, Is.Null);
    }

    [Test]
    public void The_beginning_and_the_end_are_kept_and_the_middle_is_counted([Values(Room + 1, 2 * Room, 1_000_003)] int length, [Values(999, 70_000)] int chunk)
    {
        var text = Numbers(length);

        var spool = Spool(text, chunk);

        var read = Read();
        var note = $"\n[{spool.Note}]\n";
        var end = read[(Room / 2 + note.Length)..];
        Assert.That(read, Does.StartWith(text[..(Room / 2)] + note));
        Assert.That(text, Does.EndWith(end));
        Assert.That(end, Has.Length.InRange(Room / 4, Room / 2));
        Assert.That((Room / 2) + spool.DroppedBytes + end.Length, Is.EqualTo(length));
        Assert.That(spool.Note, Is.EqualTo(string.Create(
            CultureInfo.InvariantCulture,
            $"{spool.DroppedBytes:N0} bytes in the middle of the output are not in the spool: it is limited to 65,536 bytes by 'execution.max_spool_bytes'.")));
        Assert.That(SpoolParts.Of(SpoolPath).Sum(part => new FileInfo(part).Length), Is.LessThanOrEqualTo(Room + note.Length));
    }

    [Test]
    public void The_parts_read_in_the_order_of_their_names_while_they_are_written()
    {
        var text = Numbers(20 * Room);
        using var spool = new SpoolFile(SpoolPath, Room);
        for (var at = 0; at < text.Length; at += 5000)
        {
            spool.Write(Encoding.ASCII.GetBytes(text[at..Math.Min(at + 5000, text.Length)]));

            // As a host that is killed here leaves them.
            var byName = string.Concat(Directory.GetFiles(_folder).Order(StringComparer.Ordinal).Select(ReadShared));
            var written = text[..Math.Min(at + 5000, text.Length)];
            Assert.That(Read(), Is.EqualTo(byName));
            Assert.That(written, Does.EndWith(byName[^Math.Min(byName.Length, Room / 4)..]), "the last bytes are there at once");
            Assert.That(byName.Contains("bytes in the middle", StringComparison.Ordinal), Is.EqualTo(spool.DroppedBytes > 0));
        }
    }

    [Test]
    public void A_new_spool_replaces_every_part_of_an_older_one()
    {
        Spool(Numbers(5 * Room), 1000);

        Spool("new", 1000);

        Assert.That(Directory.GetFiles(_folder), Is.EqualTo(new[] { SpoolPath }));
        Assert.That(Read(), Is.EqualTo("new"));
    }

    [Test]
    public void Deleting_a_spool_deletes_its_parts_and_nothing_else()
    {
        var other = Path.Combine(_folder, "b.log");
        File.WriteAllText(other, "");
        Spool(Numbers(5 * Room), 1000);
        var parts = SpoolParts.Of(SpoolPath);

        SpoolParts.Delete(SpoolPath);

        Assert.That(parts, Has.Count.EqualTo(4));
        Assert.That(Directory.GetFiles(_folder), Is.EqualTo(new[] { other }));
    }

    [Test]
    public void A_part_that_cannot_be_made_costs_what_is_behind_it()
    {
        var text = Numbers(Room);
        Directory.CreateDirectory(SpoolParts.SegmentOf(SpoolPath, Room / 2));

        var spool = Spool(text, 1000);

        Assert.That(File.ReadAllText(SpoolPath), Is.EqualTo(text[..(Room / 2)]));
        Assert.That(spool.Note, Does.StartWith("The last 32,768 bytes of output are not in the spool: it could not be written ("));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void Every_part_belongs_to_the_host_alone()
    {
        Spool(Numbers(5 * Room), 1000);

        Assert.That(SpoolParts.Of(SpoolPath).Select(File.GetUnixFileMode), Is.All.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    private static string Numbers(int length) =>
        string.Concat(Enumerable.Range(0, (length / 8) + 1).Select(number => $"{number:D7}\n"))[..length];

    private static string ReadShared(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private SpoolFile Spool(string text, int chunk)
    {
        using var spool = new SpoolFile(SpoolPath, Room);
        foreach (var bytes in Encoding.ASCII.GetBytes(text).Chunk(chunk))
            spool.Write(bytes);
        return spool;
    }

    private string Read()
    {
        using var reader = new StreamReader(SpoolParts.OpenRead(SpoolPath));
        return reader.ReadToEnd();
    }
}
