using System.Globalization;
using System.Runtime.Versioning;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests;

/// <summary>Whatever fails on the way, what a row says of its job's end is true.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
[UnsupportedOSPlatform("windows")]
public sealed class JobExecutorTests : IAsyncDisposable
{
    private readonly ExecutorOnFile _executor = new();

    public ValueTask DisposeAsync() => _executor.DisposeAsync();

    [Test]
    public async Task A_fault_of_the_host_while_the_command_runs_is_told_as_such_with_the_proof_of_its_end()
    {
        _executor.Script = "sleep 300 >/dev/null 2>&1 & echo ready; exit 0";
        _executor.OnLine = line => FailAt("ready", line);
        var running = await _executor.ClaimAsync();

        await _executor.ExecuteAsync(running);

        var row = await _executor.RowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(row.Status, Is.EqualTo(JobStatuses.Failed));
            Assert.That(row.Text(JobAttributes.ErrorMessage), Does.StartWith("The host failed while the command ran, and ended it: InvalidOperationException: ready"));
            Assert.That(row.Text(JobAttributes.ExitProof), Does.StartWith("group empty after 2 sweeps"));
            Assert.That((string?)(await _executor.LastAttemptAsync())["ended_by"], Is.EqualTo("a fault of the host"));
            Assert.That(_executor.Log.MessageOf("RunFailed"), Does.Contain("'job'").Or.Contain("job job"));
        }
    }

    [Test]
    public async Task A_job_whose_work_folder_cannot_be_removed_is_recorded_and_not_called_abandoned()
    {
        UndeletableFile? stuck = null;
        _executor.Conclude = (_, _) =>
        {
            stuck = UndeletableFile.Make(Path.Combine(Directory.GetDirectories(Path.Combine(_executor.State, "work")).Single(), "file"));
            return Task.FromResult(JobOutcome.Completed());
        };

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        using (stuck)
            Assume.That(stuck, Is.Not.Null, "This needs root, 'chattr' (package e2fsprogs), and a file system that knows its flags.");
        Assert.That((await _executor.RowAsync()).Status, Is.EqualTo(JobStatuses.Completed));
        Assert.That(_executor.Log.Count("JobAbandoned"), Is.Zero);
        Assert.That(_executor.Log.Count("WorkFolderNotRemoved"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_claim_that_is_lost_while_the_handler_concludes_is_no_fault_of_the_handler_and_nothing_is_written()
    {
        var concluding = new TaskCompletionSource();
        _executor.Conclude = (_, _) =>
        {
            concluding.SetResult();
            return new TaskCompletionSource<JobOutcome>().Task;
        };
        var running = await _executor.ClaimAsync();
        var executing = _executor.ExecuteAsync(running);
        await concluding.Task;

        running.Stop(StopReason.ClaimLost);
        await executing;

        Assert.That((await _executor.RowAsync()).Status, Is.EqualTo(JobStatuses.Processing));
        Assert.That(_executor.Log.Count("HandlerFailed"), Is.Zero);
        Assert.That(_executor.Log.MessageOf("AttemptDropped"), Does.Contain("its process is gone: True"));
    }

    [Test]
    public async Task A_claim_that_is_lost_once_the_handler_has_concluded_leaves_the_row_alone()
    {
        _executor.Script = "echo x > file; exit 3";
        var running = await _executor.ClaimAsync();
        _executor.OnKept = () => running.Stop(StopReason.ClaimLost);

        await _executor.ExecuteAsync(running);

        Assert.That((await _executor.RowAsync()).Status, Is.EqualTo(JobStatuses.Processing));
        Assert.That(_executor.Log.Count("AttemptDropped"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_stop_of_the_host_does_not_give_back_a_job_whose_command_cannot_be_killed()
    {
        var isKillable = false;
        _executor.Script = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
        _executor.DeathLimit = TimeSpan.FromMilliseconds(200);
        _executor.Send = (id, signal) => signal == Signals.None || Volatile.Read(ref isKillable) ? Signals.Send(id, signal) : 0;
        var running = await _executor.ClaimAsync();
        _executor.OnLine = line => StopAt("] ready", line, running);

        await _executor.ExecuteAsync(running);

        var left = Survivors.With(_executor.Fence);
        Volatile.Write(ref isKillable, true);
        foreach (var process in left)
            _ = Signals.Send(int.Parse(process.Split(' ')[0], CultureInfo.InvariantCulture), Signals.Kill);
        var row = await _executor.RowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(left, Is.Not.Empty);
            Assert.That(row.Status, Is.EqualTo(JobStatuses.Failed));
            Assert.That(row.Text(JobAttributes.ErrorMessage), Does.StartWith("The host is stopping. The job is not given back, since its command may still run: process ").And.Contain("after SIGKILL"));
            Assert.That(row.Text(JobAttributes.ExitProof), Does.Contain("after SIGKILL"));
            Assert.That(_executor.Log.Count("ProcessUnkillable"), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task A_stop_before_the_start_gives_back_also_a_job_that_must_not_run_twice()
    {
        _executor.RunsAtMostOnce = true;
        var running = await _executor.ClaimAsync();
        _executor.OnLine = line => StopAt("INFO: Executing command: ", line, running);

        await _executor.ExecuteAsync(running);

        Assert.That((await _executor.RowAsync()).Status, Is.EqualTo(JobStatuses.Pending));
        Assert.That((string?)(await _executor.LastAttemptAsync())["ended_by"], Is.EqualTo("nothing was started"));
    }

    private static void StopAt(string text, string line, RunningJob running)
    {
        if (line.Contains(text, StringComparison.Ordinal))
            running.Stop(StopReason.HostStopping);
    }

    private static void FailAt(string text, string line)
    {
        if (line.EndsWith($"] {text}", StringComparison.Ordinal))
            throw new InvalidOperationException(text);
    }
}
