using System.Collections.Concurrent;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;
using DelphiRunner.Engine.Tests.Stores;
using DelphiRunner.Engine.Tests.Stores.DynamoDb;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Engine.Tests.Polling;

/// <summary>The poller on a real SQLite file, with jobs that the tests end themselves.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class JobPollerTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _started = new();
    private string _folder = "";
    private SqliteJobStore _store = null!;
    private Heartbeat _heartbeat = null!;
    private JobLines _lines = null!;

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("delphi-runner-").FullName;
        _store = new SqliteJobStore(Path.Combine(_folder, "queue.db"), TimeProvider.System);
        _heartbeat = new Heartbeat(_store, TimeSpan.FromMinutes(2), TimeProvider.System, NullLogger<Heartbeat>.Instance);
        _lines = new JobLines(Stream.Null, TimeProvider.System, NullLogger<JobLines>.Instance);
    }

    [TearDown]
    public async Task Close()
    {
        _heartbeat.Dispose();
        await _lines.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task No_more_jobs_are_claimed_than_slots_are_free()
    {
        await CreateAsync("A", 10);
        var release = new TaskCompletionSource();
        using var started = new SemaphoreSlim(0);
        var running = Poller(slots: 3, once: true).RunAsync(
            async job =>
            {
                started.Release();
                await release.Task;
                await FinishAsync(job);
            },
            CancellationToken.None);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            Assert.That(await started.WaitAsync(Soon), Is.True);
        }

        var processing = await _store.ListAsync(new JobFilter { Status = JobStatuses.Processing }, CancellationToken.None);
        release.SetResult();
        await running.WaitAsync(Soon);

        Assert.That(processing.Rows, Has.Count.EqualTo(3));
        Assert.That(await CountAsync(JobStatuses.Completed), Is.EqualTo(10));
    }

    [Test]
    public async Task A_type_whose_slots_are_taken_does_not_block_the_types_behind_it()
    {
        await CreateAsync("PIPELINE", 300);
        await CreateAsync("CHECK", 1);
        var release = new TaskCompletionSource();
        var checkRan = new TaskCompletionSource();
        using var stopping = new CancellationTokenSource();
        var poller = Poller(slots: 4, once: false, limits: new Dictionary<string, int> { ["PIPELINE"] = 1 });
        var running = poller.RunAsync(
            async job =>
            {
                if (job.Claimed.Row.JobType == "CHECK")
                {
                    checkRan.SetResult();
                }
                else
                {
                    await release.Task;
                }

                await FinishAsync(job);
            },
            stopping.Token);

        await checkRan.Task.WaitAsync(Soon);
        var running2 = await CountAsync(JobStatuses.Processing);
        await stopping.CancelAsync();
        release.SetResult();
        await running.WaitAsync(Soon);

        Assert.That(running2, Is.LessThanOrEqualTo(2), "one pipeline, and perhaps the check in its last write");
    }

    [Test]
    public async Task A_queue_of_several_pages_is_started_once_each_without_a_claim_that_is_lost()
    {
        const int Count = 900;
        await CreateAsync("A", Count);
        using var log = new RecordedEvents();

        // An interval in which no page gets old, so that each follows the one before by being read ahead.
        await Poller(slots: 8, once: true, interval: TimeSpan.FromMinutes(5), log: log).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Has.Count.EqualTo(Count));
        Assert.That(_started, Is.Unique);
        Assert.That(log.Count("ClaimRaceLost"), Is.Zero);
        Assert.That(log.Count("CandidatesFound"), Is.EqualTo(4), "900 rows are 256, 256, 256 and 132");
    }

    [Test]
    public async Task The_last_jobs_of_another_hosts_share_are_started_within_one_turn_where_it_leaves_them()
    {
        const int Count = 12;
        await CreateAsync("A", Count + 1);
        await ClaimElsewhereAsync("A-0");
        using var log = new RecordedEvents();

        await RunOneTurnAsync(Poller(slots: Count, once: false, interval: TimeSpan.FromHours(1), log: log), Count);

        Assert.That(_started, Is.Unique.And.Not.Contains("A-0"));
        Assert.That(log.Count("CandidatesFound"), Is.GreaterThan(2), "jobs of the other's share are taken one by one");
    }

    [Test]
    public async Task Jobs_that_exclude_one_another_do_not_hold_up_those_behind_them_beside_another_host()
    {
        await CreateAsync("A", 1);
        await ClaimElsewhereAsync("A-0");
        await CreateAsync("X", 9, conversationId: "7");
        await CreateAsync("Z", 1, conversationId: "8");
        var served = Served() with { JobTypes = new HashSet<string> { "A", "X", "Z" }, ExclusiveBy = new Dictionary<string, string> { ["X"] = JobAttributes.ConversationId } };

        await RunOneTurnAsync(Poller(slots: 4, once: false, served: served, interval: TimeSpan.FromHours(1)), 2);

        Assert.That(_started.Count(id => id.StartsWith('X')), Is.EqualTo(1));
        Assert.That(_started, Has.Member("Z-0"));
    }

    [Test]
    public async Task A_listing_that_takes_longer_than_the_interval_starts_its_jobs_all_the_same()
    {
        await CreateAsync("A", 300);

        // Every listing of a real queue takes longer than this.
        await Poller(slots: 2, once: true, interval: TimeSpan.FromTicks(1)).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Has.Count.EqualTo(300));
        Assert.That(_started, Is.Unique);
    }

    [Test]
    public async Task Only_served_types_are_claimed()
    {
        await CreateAsync("A", 1);
        await CreateAsync("OTHER", 1);

        await Poller(slots: 2, once: true).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Is.EqualTo(new[] { "A-0" }));
        Assert.That((await _store.GetAsync("OTHER-0", CancellationToken.None))!.Status, Is.EqualTo(JobStatuses.Pending));
    }

    [Test]
    public async Task Unknown_types_are_claimed_to_be_failed_only_when_that_is_configured()
    {
        await CreateAsync("OTHER", 1);
        await CreateAsync("ELSEWHERE", 1);
        var served = Served() with { FailUnknown = true, KnownJobTypes = new HashSet<string> { "A", "ELSEWHERE" } };

        await Poller(slots: 2, once: true, served: served).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Is.EqualTo(new[] { "OTHER-0" }));
    }

    [Test]
    public async Task Two_jobs_that_exclude_one_another_run_one_after_the_other_and_both_run()
    {
        await CreateAsync("A", 6, conversationId: "7");
        var now = 0;
        var most = 0;
        var served = Served() with { ExclusiveBy = new Dictionary<string, string> { ["A"] = JobAttributes.ConversationId } };

        await Poller(slots: 4, once: true, served: served).RunAsync(
            async job =>
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                await Task.Yield();
                Interlocked.Decrement(ref now);
                await FinishAsync(job);
            },
            CancellationToken.None).WaitAsync(Soon);

        Assert.That(most, Is.EqualTo(1));
        Assert.That(await CountAsync(JobStatuses.Completed), Is.EqualTo(6));
    }

    [Test]
    public async Task A_job_that_another_host_excludes_is_tried_a_few_times_and_not_waited_for_by_a_run_that_ends_when_nothing_is_due()
    {
        await CreateAsync("A", 4, conversationId: "7");
        await ClaimElsewhereAsync("A-0");
        using var log = new RecordedEvents();
        var served = Served() with { ExclusiveBy = new Dictionary<string, string> { ["A"] = JobAttributes.ConversationId } };

        await Poller(slots: 4, once: true, served: served, log: log).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Is.Empty);
        Assert.That(log.Count("ClaimRaceLost"), Is.EqualTo(3), "one try stands for all jobs of the conversation");
    }

    [Test]
    public async Task Jobs_that_wait_for_one_of_their_conversation_do_not_block_those_behind_them()
    {
        await CreateAsync("A", 600, conversationId: "7");
        await CreateAsync("PIPELINE", 1);
        using var stopping = new CancellationTokenSource();
        var otherStarted = new TaskCompletionSource();
        var served = Served() with { ExclusiveBy = new Dictionary<string, string> { ["A"] = JobAttributes.ConversationId } };

        var running = Poller(slots: 2, once: false, served: served).RunAsync(
            async job =>
            {
                if (job.Claimed.Row.JobType == "PIPELINE")
                {
                    otherStarted.SetResult();
                }
                else
                {
                    await otherStarted.Task.WaitAsync(job.JobToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                await FinishAsync(job);
                await Task.Delay(Timeout.InfiniteTimeSpan, job.JobToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            },
            stopping.Token);

        await Assert.ThatAsync(() => otherStarted.Task.WaitAsync(Soon), Throws.Nothing);
        await stopping.CancelAsync();
        await running.WaitAsync(Soon);
    }

    [Test]
    public async Task A_run_that_ends_when_nothing_is_due_does_not_wait_for_what_is_due_later()
    {
        await _store.CreateAsync(
            NewRow.Of(new NewJob { Id = "later", Type = "A", NotBefore = DateTimeOffset.UtcNow.AddHours(1) }, "test", DateTimeOffset.UtcNow), CancellationToken.None);

        await Poller(slots: 2, once: true).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Is.Empty);
    }

    [Test]
    public async Task A_waiting_poller_starts_a_job_when_it_is_submitted()
    {
        using var stopping = new CancellationTokenSource();
        var ran = new TaskCompletionSource();
        var running = Poller(slots: 1, once: false, interval: TimeSpan.FromHours(1)).RunAsync(
            async job =>
            {
                await FinishAsync(job);
                ran.SetResult();
            },
            stopping.Token);

        await CreateAsync("A", 1);
        await ran.Task.WaitAsync(Soon);
        await stopping.CancelAsync();
        await running.WaitAsync(Soon);

        Assert.That(_started, Is.EqualTo(new[] { "A-0" }));
    }

    [Test]
    public async Task A_stop_asks_the_running_jobs_to_end_and_waits_for_their_last_write()
    {
        await CreateAsync("A", 2);
        using var stopping = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var reasons = new ConcurrentQueue<StopReason>();
        var running = Poller(slots: 1, once: false).RunAsync(
            async job =>
            {
                started.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, job.JobToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                reasons.Enqueue(job.Reason);
                await FinishAsync(job);
            },
            stopping.Token);
        await started.Task.WaitAsync(Soon);

        await stopping.CancelAsync();
        await running.WaitAsync(Soon);

        Assert.That(reasons, Is.EqualTo(new[] { StopReason.HostStopping }));
        Assert.That(await CountAsync(JobStatuses.Completed), Is.EqualTo(1));
        Assert.That(await CountAsync(JobStatuses.Pending), Is.EqualTo(1));
    }

    [Test]
    public async Task The_next_job_is_claimed_with_the_last_write_of_the_one_before_it_and_not_earlier()
    {
        await CreateAsync("A", 2);
        var secondStarted = new TaskCompletionSource<string?>();

        await Poller(slots: 1, once: true).RunAsync(
            async job =>
            {
                if (job.Claimed.Row.Id == "A-1")
                {
                    secondStarted.SetResult((await _store.GetAsync("A-0", CancellationToken.None))?.Status);
                    await FinishAsync(job);
                    return;
                }

                var writing = FinishAsync(job);
                job.Slot!.GiveBack();
                await secondStarted.Task.WaitAsync(Soon);
                await writing;
            },
            CancellationToken.None).WaitAsync(Soon);

        Assert.That(await secondStarted.Task, Is.EqualTo(JobStatuses.Completed));
        Assert.That(await CountAsync(JobStatuses.Completed), Is.EqualTo(2));
    }

    [Test]
    public async Task Jobs_of_one_value_that_were_left_by_different_hosts_are_taken_up_one_after_the_other()
    {
        var longAgo = RowValue.OfText(RowTime.Format(DateTimeOffset.UtcNow.AddHours(-2)));
        foreach (var id in new[] { "first", "second" })
        {
            var row = NewRow.Of(new NewJob { Id = id, Type = "PIPELINE", ConversationId = "7" }, "test", DateTimeOffset.UtcNow.AddHours(-3));
            await _store.CreateAsync(
                row.With(
                [
                    KeyValuePair.Create(JobAttributes.Status, (RowValue?)RowValue.OfText(JobStatuses.Processing)),
                    KeyValuePair.Create(JobAttributes.WorkerId, (RowValue?)RowValue.OfText($"gone with {id}")),
                    KeyValuePair.Create(JobAttributes.LockExpiresAt, (RowValue?)longAgo),
                    KeyValuePair.Create(JobAttributes.UpdatedAt, (RowValue?)longAgo),
                ]),
                CancellationToken.None);
        }

        var served = Served() with { ExclusiveBy = new Dictionary<string, string> { ["PIPELINE"] = "conversation_id" } };
        await Poller(slots: 4, once: true, served).RunAsync(FinishAsync, CancellationToken.None).WaitAsync(Soon);

        Assert.That(_started, Is.EquivalentTo(["first", "second"]));
        Assert.That(await CountAsync(JobStatuses.Completed), Is.EqualTo(2));
    }

    [Test]
    public async Task A_job_that_ends_while_all_are_stopped_keeps_no_other_from_being_stopped_and_waited_for()
    {
        await CreateAsync("A", 3);
        var jobs = new ConcurrentDictionary<string, (RunningJob Job, TaskCompletionSource End)>();
        using var started = new SemaphoreSlim(0);
        using var stopping = new CancellationTokenSource();
        var running = Poller(slots: 3, once: false).RunAsync(
            async job =>
            {
                // Whoever completes it ends the job before it goes on.
                var end = new TaskCompletionSource();
                jobs[job.Claimed.Row.Id] = (job, end);
                using var stop = job.JobToken.Register(() =>
                {
                    jobs.Values.FirstOrDefault(other => other.Job != job && other.Job.Reason == StopReason.None).End?.TrySetResult();
                    end.TrySetResult();
                });
                started.Release();
                await end.Task;
                _started.Enqueue(job.Claimed.Row.Id);
            },
            stopping.Token);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            Assert.That(await started.WaitAsync(Soon), Is.True);
        }

        await stopping.CancelAsync();
        await running.WaitAsync(Soon);

        Assert.That(_started, Is.EquivalentTo(["A-0", "A-1", "A-2"]));
    }

    private static ServedJobs Served() => new() { JobTypes = new HashSet<string> { "A", "PIPELINE", "CHECK" } };

    [Test]
    public async Task A_claimed_job_that_cannot_be_run_is_said_and_holds_up_no_other()
    {
        using var log = new RecordedEvents();
        await CreateAsync("A", 2);

        await Poller(slots: 1, once: true, log: log)
            .RunAsync(job => job.Claimed.Row.Id == "A-0" ? throw new InvalidOperationException("a row like this") : FinishAsync(job), CancellationToken.None)
            .WaitAsync(Soon);

        Assert.That(log.MessageOf("ClaimedJobNotRun"), Does.StartWith("Job A-0 "));
        Assert.That(await CountAsync(JobStatuses.Completed), Is.EqualTo(1));
    }

    private JobPoller Poller(
        int slots, bool once, ServedJobs? served = null, IReadOnlyDictionary<string, int>? limits = null, TimeSpan? interval = null, RecordedEvents? log = null) => new(
        _store,
        (served ?? Served()) with { SlotLimits = limits ?? new Dictionary<string, int>() },
        new PollerOptions { WorkerId = "w", State = Path.GetTempPath(), Slots = slots, Interval = interval ?? TimeSpan.FromMilliseconds(100), Once = once },
        _heartbeat,
        _lines,
        TimeProvider.System,
        log is null ? NullLogger<JobPoller>.Instance : log.CreateLogger<JobPoller>());

    /// <summary>Lets the jobs of one turn run until so many have ended, none before the turn has.</summary>
    private async Task RunOneTurnAsync(JobPoller poller, int count)
    {
        using var ended = new SemaphoreSlim(0);
        var turn = new TaskCompletionSource();
        await poller.TurnAsync(
            async job =>
            {
                await turn.Task;
                await FinishAsync(job);
                ended.Release();
            },
            CancellationToken.None);
        turn.SetResult();
        foreach (var _ in Enumerable.Range(0, count))
        {
            Assert.That(await ended.WaitAsync(Soon), Is.True);
        }
    }

    private async Task ClaimElsewhereAsync(string jobId) =>
        await _store.ClaimAsync(Jobs.Request((await _store.GetAsync(jobId, CancellationToken.None))!, "another host"), CancellationToken.None);

    private async Task CreateAsync(string jobType, int count, string? conversationId = null)
    {
        foreach (var number in Enumerable.Range(0, count))
        {
            var job = new NewJob { Id = $"{jobType}-{number}", Type = jobType, ConversationId = conversationId };
            await _store.CreateAsync(NewRow.Of(job, "test", DateTimeOffset.UtcNow), CancellationToken.None);
        }
    }

    private async Task<int> CountAsync(string status) =>
        (await _store.ListAsync(new JobFilter { Status = status, Limit = 1000 }, CancellationToken.None)).Rows.Count;

    private async Task FinishAsync(RunningJob job)
    {
        _started.Enqueue(job.Claimed.Row.Id);
        job.IsFinishing = true;
        var finish = new JobFinish
        {
            Status = JobStatuses.Completed,
            CompletedAt = DateTimeOffset.UtcNow,
            Results = "{}",
            Logs = "{}",
            ProcessExitConfirmed = true,
            ExitProof = "nothing was started",
            Attempts = "[]",
        };
        await _store.FinishAsync(job.Claimed.Claim, finish, CancellationToken.None);
    }
}
