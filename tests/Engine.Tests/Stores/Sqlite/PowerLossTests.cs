using System.Globalization;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

/// <summary>What a loss of power leaves of a queue, from a real process' system calls: the log as far as it was written before the last sync that had ended began.</summary>
[TestFixture]
[Platform("Linux")]
internal sealed class PowerLossTests
{
    private const int JobsPerSlot = 40;
    private const int Moments = 25;

    private TemporaryFolder _folder = null!; // Set before each test.

    private string Database => _folder["queue.db"];

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Delete();

    [Test]
    public async Task What_was_acknowledged_before_a_loss_of_power_is_there_after_it()
    {
        var (trace, _) = await SystemCalls.OfAsync(_folder["trace"], "", "drain-and-die", Database, $"{JobsPerSlot}");
        var log = await File.ReadAllBytesAsync($"{Database}-wal");
        var acknowledged = new List<string[]>();
        long written = 0, synced = 0;
        var moments = new List<(long Length, int Acknowledged)>();
        foreach (var call in trace)
        {
            switch (call)
            {
                case { Name: "pwrite64", IsEnd: true } when call.Path.EndsWith("-wal", StringComparison.Ordinal):
                    written = Math.Max(written, call.Offset + call.Length);
                    break;
                case { Name: "fsync" or "fdatasync", IsEnd: false }:
                    call.Pair!.Covered = written;
                    break;
                case { Name: "fsync" or "fdatasync", IsEnd: true } when call.Path.EndsWith("-wal", StringComparison.Ordinal):
                    synced = Math.Max(synced, call.Covered);
                    break;
                case { Name: "write", IsEnd: false } when call.Line is ["created" or "settled" or "finished", _, "."]:
                    acknowledged.Add(call.Line);
                    moments.Add((synced, acknowledged.Count));
                    break;
            }
        }

        Assert.That(acknowledged, Has.Count.EqualTo(3 * 8 * JobsPerSlot));
        // The log was never begun anew, so that its beginning is what an earlier moment had written.
        Assert.That(written, Is.EqualTo(log.Length));
        foreach (var (length, count) in Enumerable.Range(1, Moments).Select(moment => moments[(moments.Count * moment / Moments) - 1]))
        {
            await AssertHoldsAsync(log[..(int)length], acknowledged.Take(count));
        }
    }

    [Test]
    public async Task A_write_whose_sync_failed_is_not_acknowledged_and_what_follows_is_stored_by_a_checkpoint_first()
    {
        const int Count = 30;

        // Counted by thread: only the one that syncs the log for each write comes so far.
        var (trace, _) = await SystemCalls.OfAsync(_folder["trace"], "fsync:error=EIO:when=20", "create-stubbornly", Database, $"{Count}");

        var lines = trace.Where(call => call is { Name: "write", IsEnd: false } && call.Line.Length > 1).Select(call => call.Line).ToList();
        var refused = lines.Where(line => line[0] == "refused").ToList();
        Assert.That(refused, Has.Count.EqualTo(1));
        var failure = trace.FindIndex(call => call.Name == "fsync" && call.HasFailed);
        var next = trace.FindIndex(failure, call => call is { Name: "write", IsEnd: false } && call.Line is ["created", ..]);
        Assert.That(
            trace[failure..next].Where(call => call is { Name: "fsync", IsEnd: true, HasFailed: false }).Select(call => call.Path),
            Does.Contain(Database));
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        var created = lines.Where(line => line[0] == "created").Select(line => line[1]).ToList();
        Assert.That(created, Has.Count.EqualTo(Count - 1));
        foreach (var id in created)
        {
            Assert.That(await store.GetAsync(id, CancellationToken.None), Is.Not.Null, id);
        }
    }

    /// <param name="first">
    /// The first sync of the thread that fails. Rows of 1 MB are synced one by one; after 33 the log is brought into the database file: the 34th is that of the log for it, the
    /// 35th that of the file.
    /// </param>
    [TestCase(34)]
    [TestCase(35)]
    public async Task After_a_checkpoint_that_the_disk_failed_nothing_is_acknowledged_and_a_start_recovers_what_was(int first)
    {
        const int Count = 60;

        var (trace, _) = await SystemCalls.OfAsync(_folder["trace"], $"fsync:error=EIO:when={first}+", "fill-stubbornly", Database, $"{Count}");

        var lines = trace.Where(call => call is { Name: "write", IsEnd: false } && call.Line.Length > 1).Select(call => call.Line).ToList();
        var created = lines.TakeWhile(line => line[0] == "created").Select(line => line[1]).ToList();
        Assert.That(created, Has.Count.InRange(20, Count - 5));
        Assert.That(lines.Skip(created.Count).Select(line => line[0]), Is.All.EqualTo("refused"));
        // The process closed its store, which removes a log that is not needed any more. This one is.
        Assert.That(new FileInfo($"{Database}-wal").Length, Is.GreaterThan(created.Count * 1_000_000L));
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        foreach (var id in created)
        {
            Assert.That(await store.GetAsync(id, CancellationToken.None), Is.Not.Null, id);
        }
    }

    private async Task AssertHoldsAsync(byte[] log, IEnumerable<string[]> acknowledged)
    {
        var folder = Directory.CreateDirectory(_folder[Guid.NewGuid().ToString("N")]).FullName;
        var database = Path.Combine(folder, "queue.db");
        File.Copy(Database, database);
        await File.WriteAllBytesAsync($"{database}-wal", log);
        await using var store = new SqliteJobStore(database, TimeProvider.System);
        foreach (var state in acknowledged.GroupBy(line => line[1], (id, lines) => (Id: id, Last: lines.Last()[0])))
        {
            var row = await store.GetAsync(state.Id, CancellationToken.None);
            string[] possible = state.Last switch
            {
                "created" => [JobStatuses.Pending, JobStatuses.Processing, JobStatuses.Completed],
                "settled" => [JobStatuses.Processing, JobStatuses.Completed],
                _ => [JobStatuses.Completed],
            };
            Assert.That(possible, Does.Contain(row?.Status), string.Create(CultureInfo.InvariantCulture, $"'{state.Id}' was {state.Last}, with {log.Length} bytes of the log on the disk."));
        }
    }
}
