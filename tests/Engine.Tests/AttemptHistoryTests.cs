using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Tests.Execution;

namespace DelphiRunner.Engine.Tests;

/// <summary>However an attempt ends, its row says how, and what it used; through a whole host and its store.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class AttemptHistoryTests : IAsyncDisposable
{
    // Long enough to be looked at, wherever usage is sampled, and two lines of 4 bytes.
    private const string Work = "echo one; i=0; while [ $i -lt 600000 ]; do i=$((i+1)); done; echo two; ";

    private const string TakenOver = """[{"end":"of another writer"}]""";

    private readonly HostOnFile _host = new();
    private readonly CancellationTokenSource _stop = new();

    public async ValueTask DisposeAsync()
    {
        _stop.Dispose();
        await _host.DisposeAsync();
    }

    [TestCase("exit 0", 0, "completed", "exit")]
    [TestCase("exit 3", 3, "failed", "exit")]
    [TestCase("exit 143", 143, "failed", "exit or signal")]
    [TestCase("kill -9 $$", 137, "failed", "exit or signal")]
    public async Task A_command_that_ended_by_itself(string script, int code, string end, string endedBy)
    {
        await _host.SubmitAsync("job", Work + script);

        await _host.RunAsync();

        await ExpectAsync(end, endedBy, code);
    }

    [Test]
    public async Task A_command_that_reached_its_time_limit()
    {
        _host.Shell = new JobTypeOptions { TimeLimit = TimeSpan.FromSeconds(3) };
        await _host.SubmitAsync("job", Work + "exec sleep 300");

        await _host.RunAsync();

        await ExpectAsync("failed", "time limit", 143);
    }

    [Test]
    public async Task A_command_that_an_operator_cancelled()
    {
        _host.Configure = options => options with { Claims = options.Claims with { Length = TimeSpan.FromSeconds(10) } };
        await _host.SubmitAsync("job", Work + "exec sleep 300");
        var running = _host.RunAsync();
        await PrintedAsync();

        await _host.Store.RequestCancelAsync("job", "no longer needed", CancellationToken.None);
        await running;

        await ExpectAsync("cancelled", "cancelled", 143);
    }

    [Test]
    public async Task A_command_whose_host_was_stopped()
    {
        await _host.SubmitAsync("job", Work + "exec sleep 300");
        var running = _host.RunAsync(once: false, _stop.Token);
        await PrintedAsync();

        await _stop.CancelAsync();
        await running;

        await ExpectAsync("given back", "stopped with the host", 143);
    }

    [Test]
    public async Task A_command_that_was_never_started_is_in_the_history_without_figures()
    {
        await _host.SubmitAsync("job", "true", ("program", "/no/such/program"));

        await _host.RunAsync();

        var entry = await _host.LastAttemptAsync("job");
        Assert.That((string?)entry["end"], Is.EqualTo("failed"));
        Assert.That((string?)entry["ended_by"], Is.EqualTo("nothing was started"));
        Assert.That(entry.ContainsKey("exit_code"), Is.False);
    }

    [Test]
    public async Task Of_a_command_whose_claim_was_lost_nothing_is_in_the_row_and_all_in_the_hosts_log()
    {
        _host.Configure = options => options with { Claims = options.Claims with { Length = TimeSpan.FromSeconds(10) } };
        await _host.SubmitAsync("job", Work + "exec sleep 300");
        var running = _host.RunAsync(once: false, _stop.Token);
        await PrintedAsync();

        await TakeOverAsync(await _host.ReadAsync("job"));
        await _host.Log.Logged("AttemptDropped", 1);
        await _stop.CancelAsync();
        await running;

        Assert.That((await _host.ReadAsync("job")).Text(JobAttributes.Attempts), Is.EqualTo(TakenOver));
        Assert.That(_host.Log.MessageOf("AttemptDropped"), Does.Contain("lost claim").And.Contain("\"output_lines\":2").And.Contain("cpu_ms").And.Contain("peak_memory_bytes"));
    }

    private async Task ExpectAsync(string end, string endedBy, int code)
    {
        var entry = await _host.LastAttemptAsync("job");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)entry["end"], Is.EqualTo(end));
            Assert.That((string?)entry["ended_by"], Is.EqualTo(endedBy));
            Assert.That((int?)entry["exit_code"], Is.EqualTo(code));
            Assert.That((long?)entry["output_lines"], Is.EqualTo(2));
            Assert.That((long?)entry["output_bytes"], Is.EqualTo(8));
            Assert.That((long?)entry["elapsed_ms"], Is.InRange(100, 60_000));
            Assert.That((long?)entry["cpu_ms"], Is.InRange(50, 60_000));
            Assert.That((long?)entry["peak_memory_bytes"], Is.InRange(100_000, 1L << 30));
            Assert.That((string?)entry["exit_proof"], Does.StartWith("namespace gone").Or.StartWith("group empty"));
        }
    }

    /// <summary>Waits until the command has done its work, of which its second line is the end.</summary>
    private Task PrintedAsync() => Eventually.BecomesTrueAsync(() =>
        Directory.Exists(Path.Combine(_host.State, "spools"))
        && Directory.GetFiles(Path.Combine(_host.State, "spools")).Any(file => File.ReadAllText(file).Contains("two", StringComparison.Ordinal)));

    // By the claim that is in the row; a later time keeps the host from taking it up again.
    private async Task TakeOverAsync(JobRow row)
    {
        var claim = new Claim { JobId = row.Id, WorkerId = row.WorkerId!, ClaimId = row.ClaimId!, Attempt = row.Attempt }; // It is being processed.
        var release = new JobRelease
        {
            Status = JobStatuses.Pending,
            UpdatedAt = DateTimeOffset.UtcNow,
            Attempt = row.Attempt,
            Rechecks = 0,
            Logs = row.Text(JobAttributes.Logs) ?? "",
            Attempts = TakenOver,
            NotBefore = DateTimeOffset.UtcNow.AddHours(1),
        };
        Assert.That(await _host.Store.ReleaseAsync(claim, release, CancellationToken.None), Is.EqualTo(FinishResult.Recorded));
    }
}
