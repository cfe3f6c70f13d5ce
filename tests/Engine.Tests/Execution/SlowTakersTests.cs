using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.Engine.Tests.Execution.Containment;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>Children whose lines go where a host sends them, while what takes them there does not answer.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
internal sealed class SlowTakersTests(string rung) : IDisposable
{
    private const string Id = "3d1b0c3e-52b1-4c8f-9f0e-6f3a6c0e1a01";

    private readonly Attempt _attempt = new(rung) { ForgetsLines = true };
    private readonly StringWriter _standardOutput = new();

    public void Dispose()
    {
        _attempt.Dispose();
        _standardOutput.Dispose();
    }

    [Test]
    public async Task Nothing_that_a_command_prints_can_forge_a_line_of_standard_output()
    {
        var log = new JobLog(Id, LogExcerpt.Read(null, Rows.Noon), JobHost.MarksOf(new()), Write, TimeProvider.System);
        _attempt.OnLine = line => log.AddOutput(line.Text, line.FromStandardError);

        var run = await _attempt.RunChildAsync("forge");

        var lines = _standardOutput.ToString().Split(Environment.NewLine)[..^1];
        Assert.That(lines, Has.Length.EqualTo(run.Result.OutputLines));
        Assert.That(lines, Is.All.Matches("^\\[DELPHI JOB 3d1b0c3e\\] (INFO|ERROR): \\[stdout\\] "));
        Assert.That(lines.Count(line => line.Contains("forged", StringComparison.Ordinal)), Is.EqualTo(13));
        Assert.That(lines.SelectMany(line => line).Where(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\u202e'), Is.Empty);
    }

    [Test]
    public async Task A_store_that_does_not_answer_does_not_hold_up_a_flood_and_gets_the_excerpt_when_it_does()
    {
        var database = Path.Combine(_attempt.State, "queue.db");
        await using var store = new SqliteJobStore(database, TimeProvider.System);
        var claimed = await ClaimAsync(store);
        var log = new JobLog(Id, LogExcerpt.Read(null, Rows.Noon), JobHost.MarksOf(new()), (_, _) => { }, TimeProvider.System);
        using var running = new RunningJob(claimed, log, 0);
        using var heartbeat = new Heartbeat(store, TimeSpan.FromMinutes(2), TimeProvider.System, NullLogger<Heartbeat>.Instance);
        heartbeat.Add(running);
        var turns = new List<Task>();
        _attempt.OnLine = line =>
        {
            log.AddOutput(line.Text, line.FromStandardError);
            if (turns.Count == 0)
                turns.Add(Task.Run(() => heartbeat.TurnAsync(CancellationToken.None)));
        };

        // Another program that has the file and does nothing with it: every write of the store waits.
        await using var other = new SqliteConnection($"Data Source={database};Pooling=False");
        await other.OpenAsync();
        var transaction = await other.BeginTransactionAsync();
        var run = await _attempt.RunChildAsync("flood", "50000000");
        var wasWaiting = !turns.Single().IsCompleted;
        await transaction.DisposeAsync();
        await turns.Single();
        running.LastFlushed = 0;
        await heartbeat.TurnAsync(CancellationToken.None);

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Exited));
        Assert.That(run.Result.OutputLines, Is.EqualTo(500_000));
        Assert.That(wasWaiting, Is.True, "the command ended while the store was still asked");
        AssertLeavesOut((await store.GetAsync(Id, CancellationToken.None))!.Text(JobAttributes.Logs)!, 500_000);
    }

    private static void AssertLeavesOut(string excerpt, int lines)
    {
        using var json = JsonDocument.Parse(excerpt);
        var messages = json.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("message").GetString()!).ToList();
        var kept = messages.Count(message => message.StartsWith("[stdout] xxx", StringComparison.Ordinal));
        Assert.That(Encoding.UTF8.GetByteCount(excerpt), Is.LessThanOrEqualTo(Heartbeat.RunningExcerptBytes));
        Assert.That(kept, Is.InRange(30, 60));
        Assert.That(messages, Does.Contain($"[{lines - kept} lines left out]"));
    }

    private static async Task<ClaimedJob> ClaimAsync(SqliteJobStore store)
    {
        var now = TimeProvider.System.GetUtcNow();
        await store.CreateAsync(NewRow.Of(new NewJob { Id = Id, Type = "A" }, "test", now), CancellationToken.None);
        var claimed = await store.ClaimAsync(
            new ClaimRequest
            {
                Seen = (await store.GetAsync(Id, CancellationToken.None))!,
                Claim = new Claim { JobId = Id, WorkerId = "w", ClaimId = "c", Attempt = 1 },
                Rechecks = 0,
                StartedAt = now,
                LockExpiresAt = now + Heartbeat.ForeignLockLength,
            },
            CancellationToken.None);
        return claimed!;
    }

    private void Write(ReadOnlySpan<char> line, bool isWanted) => _standardOutput.WriteLine(line);
}
