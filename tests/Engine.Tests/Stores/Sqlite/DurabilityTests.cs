using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

[TestFixture]
internal sealed class DurabilityTests
{
    private TemporaryFolder _folder = null!; // Set before each test.

    private string Database => _folder["queue.db"];

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Delete();

    /// <summary>What a killed process cannot show: without a sync, an acknowledged write survives a kill but not a power loss.</summary>
    [Test]
    [Platform("Linux")]
    public async Task Each_acknowledged_write_was_synced_before_its_acknowledgement()
    {
        const int Count = 50;
        Assume.That(File.Exists("/usr/bin/strace"), "Counting syncs needs 'strace' (package strace).");
        var trace = _folder["trace"];
        string[] strace = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,write", "-e", "signal=none", "-s", "80", "-o", trace];
        using var process = StoreProcess.StartUnder(strace, "create", Database, $"{Count}");

        var lines = await process.ReadToEndAsync();
        Assert.That(await process.WaitForExitAsync(), Is.Zero);

        Assert.That(lines, Has.Count.EqualTo(Count));
        var syncs = 0;
        var acknowledged = 0;
        foreach (var call in await File.ReadAllLinesAsync(trace))
        {
            if (IsEndOfSync(call))
            {
                syncs++;
            }
            else if (call.Contains("\"created job-", StringComparison.Ordinal))
            {
                acknowledged++;
                Assert.That(syncs, Is.GreaterThanOrEqualTo(1), $"Acknowledgement {acknowledged} came without a sync since the one before: {call}");
                syncs = 0;
            }
        }

        Assert.That(acknowledged, Is.EqualTo(Count));
    }

    [Test]
    [Category("Soak")]
    public async Task No_acknowledged_write_is_lost_when_the_process_is_killed_at_any_moment()
    {
        var random = new Random(20260301);
        var acknowledged = new Dictionary<string, string>();
        for (var round = 0; round < 20; round++)
        {
            await RunAndKillAsync($"round-{round}", random.Next(1, 1500), acknowledged);

            Assert.That(IntegrityCheck(), Is.EqualTo("ok"));
            await using var store = new SqliteJobStore(Database, TimeProvider.System);
            foreach (var (id, state) in acknowledged)
            {
                AssertHolds(await store.GetAsync(id, CancellationToken.None), id, state);
            }
        }

        Assert.That(acknowledged.Values.Count(state => state == "finished"), Is.GreaterThan(1000));
    }

    private async Task RunAndKillAsync(string prefix, int lines, Dictionary<string, string> acknowledged)
    {
        using var process = StoreProcess.Start("drain", Database, prefix);
        for (var line = 0; line < lines; line++)
        {
            Note(await process.ReadLineAsync(), acknowledged);
        }

        process.Kill();
        foreach (var line in await process.ReadToEndAsync())
        {
            Note(line, acknowledged);
        }
    }

    private static void Note(string? line, Dictionary<string, string> acknowledged)
    {
        // The kill may cut the last line: only a whole one is an acknowledgement, and ids end in a number, which a cut could shorten.
        if (line?.Split(' ') is ["created" or "claimed" or "finished", var id, "."])
        {
            acknowledged[id] = line.Split(' ')[0];
        }
    }

    private static void AssertHolds(JobRow? row, string id, string state)
    {
        Assert.That(row, Is.Not.Null, $"'{id}' was acknowledged as {state} and is gone.");
        string[] possible = state switch
        {
            "created" => [JobStatuses.Pending, JobStatuses.Processing, JobStatuses.Completed],
            "claimed" => [JobStatuses.Processing, JobStatuses.Completed],
            _ => [JobStatuses.Completed],
        };
        Assert.That(possible, Does.Contain(row.Status), $"'{id}' was acknowledged as {state}.");
        if (state == "finished")
        {
            Assert.That(row.Text(JobAttributes.JobResults), Is.EqualTo($"{{\"of\":\"{id}\"}}"));
        }
    }

    private string IntegrityCheck()
    {
        using var connection = new SqliteFile(Database).Open();
        using var statement = new Statement(connection, "PRAGMA integrity_check");
        statement.Step();
        return statement.Value(0)?.Text ?? "";
    }

    private static bool IsEndOfSync(string call) =>
        (call.Contains("fsync(", StringComparison.Ordinal) || call.Contains("fdatasync(", StringComparison.Ordinal)
            || call.Contains("fsync resumed", StringComparison.Ordinal) || call.Contains("fdatasync resumed", StringComparison.Ordinal))
        && call.EndsWith("= 0", StringComparison.Ordinal);
}
