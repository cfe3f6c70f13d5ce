using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests.Polling;

/// <summary>Turns of the heartbeat on a real SQLite file, with a clock that the tests move.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HeartbeatTests
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    private readonly FakeTimeProvider _time = new(Rows.Noon);
    private string _folder = "";
    private SqliteJobStore _store = null!;
    private Heartbeat _heartbeat = null!;
    private RunningJob _job = null!;
    private Action _onLine = () => { };

    [SetUp]
    public async Task Claim()
    {
        _folder = Directory.CreateTempSubdirectory("delphi-runner-").FullName;
        _store = new SqliteJobStore(Path.Combine(_folder, "queue.db"), _time);
        _heartbeat = new Heartbeat(_store, Length, _time, NullLogger<Heartbeat>.Instance);
        await _store.CreateAsync(NewRow.Of(new NewJob { Id = "a", Type = "A" }, "test", Rows.Noon), CancellationToken.None);
        var claimed = await _store.ClaimAsync(
            new ClaimRequest
            {
                Seen = (await _store.GetAsync("a", CancellationToken.None))!,
                Claim = new Claim { JobId = "a", WorkerId = "w", ClaimId = "c", Attempt = 1 },
                Rechecks = 0,
                StartedAt = Rows.Noon,
                LockExpiresAt = Rows.Noon + Heartbeat.ForeignLockLength,
            },
            CancellationToken.None);
        _job = new RunningJob(claimed!, new JobLog("a", LogExcerpt.Read(null, Rows.Noon), LineMarks.None, (_, _) => _onLine(), _time), _time.GetTimestamp());
        _heartbeat.Add(_job);
    }

    [TearDown]
    public async Task Close()
    {
        _job.Dispose();
        _heartbeat.Dispose();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void A_job_whose_claim_comes_back_behind_the_stop_of_all_others_is_stopped_too()
    {
        _heartbeat.Remove(_job);
        _heartbeat.StopAll(StopReason.HostStopping);
        Assert.That(_job.Reason, Is.EqualTo(StopReason.None));

        _heartbeat.Add(_job);

        Assert.That(_job.Reason, Is.EqualTo(StopReason.HostStopping));
        Assert.That(_job.JobToken.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task What_a_handler_does_when_it_is_asked_to_end_holds_up_nobody_who_stops_jobs()
    {
        using var stopped = new ManualResetEventSlim();
        var heldUp = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = _job.HandlerJobToken.Register(() => heldUp.SetResult(!stopped.Wait(TimeSpan.FromSeconds(30))));

        _heartbeat.StopAll(StopReason.HostStopping);
        stopped.Set();

        Assert.That(await heldUp.Task, Is.False);
    }

    [Test]
    public async Task A_claim_is_renewed_after_a_third_of_its_length_with_a_lock_for_foreign_readers()
    {
        await TurnAfterAsync(Length / 3 - TimeSpan.FromSeconds(1));
        var before = (await RowAsync()).LockText;
        await TurnAfterAsync(TimeSpan.FromSeconds(1));

        Assert.That(before, Is.EqualTo("2026-01-02T12:15:00.000000+00:00"));
        Assert.That((await RowAsync()).LockText, Is.EqualTo("2026-01-02T12:15:40.000000+00:00"));
    }

    [Test]
    public async Task Log_lines_are_written_at_most_once_a_second()
    {
        _job.Log.AddOutput("first", fromStandardError: false);
        await TurnAfterAsync(TimeSpan.FromMilliseconds(900));
        var early = (await RowAsync()).Text(JobAttributes.Logs);
        await TurnAfterAsync(TimeSpan.FromMilliseconds(100));
        var flushed = (await RowAsync()).Text(JobAttributes.Logs);

        Assert.That(early, Does.Not.Contain("first"));
        Assert.That(flushed, Does.Contain("first"));
    }

    [Test]
    public async Task The_larger_an_excerpt_is_the_less_often_it_is_written()
    {
        _job.Log.AddOutput(new string('x', 1900), fromStandardError: false);
        _job.Log.AddOutput(new string('y', 1900), fromStandardError: false);
        _job.Log.AddOutput(new string('z', 1900), fromStandardError: false);
        await TurnAfterAsync(TimeSpan.FromSeconds(1));
        _job.Log.AddOutput("second", fromStandardError: false);
        await TurnAfterAsync(TimeSpan.FromSeconds(1));
        var early = (await RowAsync()).Text(JobAttributes.Logs);
        await TurnAfterAsync(TimeSpan.FromSeconds(1));

        Assert.That(early, Does.Contain("zzz").And.Not.Contain("second"));
        Assert.That((await RowAsync()).Text(JobAttributes.Logs), Does.Contain("second"));
    }

    [Test]
    public async Task Lines_of_the_host_alone_wait_for_the_next_renewal()
    {
        _job.Log.Add(JobLog.Information, "starting");
        await TurnAfterAsync(TimeSpan.FromSeconds(5));
        var early = (await RowAsync()).Text(JobAttributes.Logs);
        await TurnAfterAsync(Length / 3);

        Assert.That(early, Does.Not.Contain("starting"));
        Assert.That((await RowAsync()).Text(JobAttributes.Logs), Does.Contain("starting"));
    }

    [Test]
    public async Task A_renewal_raises_no_version()
    {
        var before = (await RowAsync()).RawVersion;

        await TurnAfterAsync(Length / 2);

        Assert.That((await RowAsync()).RawVersion, Is.EqualTo(before));
    }

    [Test]
    public async Task A_cancel_request_asks_the_job_to_end()
    {
        await _store.RequestCancelAsync("a", "because", CancellationToken.None);

        await TurnAfterAsync(Length / 2);

        Assert.That(_job.Reason, Is.EqualTo(StopReason.Cancelled));
        Assert.That(_job.JobToken.IsCancellationRequested, Is.True);
        Assert.That(_job.KillToken.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task A_lost_claim_kills_the_job()
    {
        await _store.ReleaseAsync(
            _job.Claimed.Claim,
            new JobRelease { Status = JobStatuses.Pending, UpdatedAt = Rows.Noon, Attempt = 0, Rechecks = 0, Logs = "{}", Attempts = "[]" },
            CancellationToken.None);

        await TurnAfterAsync(Length / 2);

        Assert.That(_job.Reason, Is.EqualTo(StopReason.ClaimLost));
        Assert.That(_job.KillToken.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task A_claim_that_is_gone_while_the_last_write_is_under_way_is_no_loss()
    {
        await _store.ReleaseAsync(
            _job.Claimed.Claim,
            new JobRelease { Status = JobStatuses.Pending, UpdatedAt = Rows.Noon, Attempt = 0, Rechecks = 0, Logs = "{}", Attempts = "[]" },
            CancellationToken.None);
        _job.IsFinishing = true;

        await TurnAfterAsync(Length / 2);

        Assert.That(_job.Reason, Is.EqualTo(StopReason.None));
    }

    [Test]
    public async Task A_handler_that_fails_at_being_stopped_keeps_nothing_from_being_killed()
    {
        using var said = new SemaphoreSlim(0);
        _onLine = () => said.Release();
        _job.HandlerJobToken.Register(() => throw new InvalidOperationException("no stop"));
        _job.HandlerKillToken.Register(() => throw new InvalidOperationException("no kill"));

        _job.Stop(StopReason.ClaimLost);

        Assert.That(_job.KillToken.IsCancellationRequested, Is.True);
        Assert.That(_job.JobToken.IsCancellationRequested, Is.True);
        Assert.That(await said.WaitAsync(TimeSpan.FromSeconds(30)) && await said.WaitAsync(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That(_job.Log.Take(Heartbeat.RunningExcerptBytes), Does.Contain("asked to end failed with System.").And.Not.Contain("no kill").And.Not.Contain("no stop"), "a message may quote a secret");
    }

    [Test]
    public void A_claim_that_could_not_be_renewed_in_time_is_fenced_before_it_ends()
    {
        _time.Advance(Length - TimeSpan.FromSeconds(6));
        _heartbeat.FenceOverdue();
        var early = _job.Reason;
        _time.Advance(TimeSpan.FromSeconds(2));
        _heartbeat.FenceOverdue();

        Assert.That(early, Is.EqualTo(StopReason.None));
        Assert.That(_job.Reason, Is.EqualTo(StopReason.ClaimLost));
    }

    private async Task TurnAfterAsync(TimeSpan span)
    {
        _time.Advance(span);
        await _heartbeat.TurnAsync(CancellationToken.None);
    }

    private async Task<JobRow> RowAsync() => (await _store.GetAsync("a", CancellationToken.None))!;
}
