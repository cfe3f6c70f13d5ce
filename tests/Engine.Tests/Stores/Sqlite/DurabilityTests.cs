using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

[TestFixture]
internal sealed class DurabilityTests
{
    private const string Sync = "sync";
    private const string Acknowledgement = "acknowledgement";
    private const string Ready = "ready";

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

        var events = await TraceAsync("create", Count);

        Assert.That(events.Count(call => call == Acknowledgement), Is.EqualTo(Count));
        var synced = false;
        foreach (var call in events)
        {
            Assert.That(call == Sync || synced, "An acknowledgement came without a sync since the one before.");
            synced = call == Sync;
        }
    }

    [Test]
    [Platform("Linux")]
    public async Task Writes_that_come_together_share_a_sync_and_none_is_acknowledged_before_it()
    {
        const int Count = 200;

        var events = await TraceAsync("create-together", Count);

        var ready = events.IndexOf(Ready);
        Assert.That(events.Count(call => call == Acknowledgement), Is.EqualTo(Count));
        Assert.That(events.IndexOf(Sync, ready), Is.GreaterThan(ready).And.LessThan(events.IndexOf(Acknowledgement)));
        Assert.That(events.Skip(ready).Count(call => call == Sync), Is.LessThan(Count / 4));
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

    /// <summary>Runs the child under strace and gives its finished syncs and its lines in the order in which they happened.</summary>
    private async Task<List<string>> TraceAsync(string command, int count)
    {
        var (calls, exitCode) = await SystemCalls.OfAsync(_folder["trace"], "", command, Database, $"{count}");
        Assert.That(exitCode, Is.Zero);
        return [.. calls.Select(EventOf).Where(call => call.Length > 0)];
    }

    private static string EventOf(SystemCall call) => call switch
    {
        { Name: "fsync" or "fdatasync", IsEnd: true, HasFailed: false } => Sync,
        { Name: "write", IsEnd: false, Line: ["created", ..] } => Acknowledgement,
        { Name: "write", IsEnd: false, Line: ["ready", ..] } => Ready,
        _ => "",
    };
}
