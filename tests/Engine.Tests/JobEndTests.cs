using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests;

/// <summary>What fails of a handler, of its queue or of the host's own disk is told as what it is, and no command that has ended is started again for it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
[UnsupportedOSPlatform("windows")]
internal sealed class JobEndTests : IAsyncDisposable
{
    private readonly ExecutorOnFile _executor = new();

    public ValueTask DisposeAsync() => _executor.DisposeAsync();

    [TestCase("work")]
    [TestCase("spools")]
    public async Task A_job_whose_folders_the_host_cannot_make_is_given_back_and_its_handler_not_blamed(string folder)
    {
        var path = Path.Combine(_executor.State, folder);
        _executor.OnLine = line => BlockAt("starting job", line, path);

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        var row = await _executor.RowAsync();
        Assert.That(row.Status, Is.EqualTo(JobStatuses.Pending));
        Assert.That(row.Attempt, Is.Zero);
        Assert.That(_executor.Log.MessageOf("AttemptFolderFailed"), Does.Contain("job job"));
        Assert.That(_executor.Log.Count("HandlerFailed"), Is.Zero);
    }

    [Test]
    public async Task A_time_out_of_the_handlers_own_is_no_missing_answer()
    {
        _executor.Conclude = (_, _) => throw new TimeoutException("The database did not answer.");

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        Assert.That((await _executor.RowAsync()).Text(JobAttributes.ErrorMessage), Does.EndWith("threw TimeoutException: The database did not answer."));
        Assert.That(_executor.Log.Count("HandlerFailed"), Is.EqualTo(1));
    }

    [TestCase(StopReason.HostStopping)]
    [TestCase(StopReason.Cancelled)]
    public async Task A_stop_ends_the_waiting_for_a_queue_that_fails_the_conclusion_and_the_command_is_not_started_again(StopReason reason)
    {
        var asked = 0;
        _executor.Script = "exit 3";
        _executor.Conclude = (_, _) => throw new JobQueueException($"The queue is gone {++asked}.");
        var running = await _executor.ClaimAsync();
        _executor.OnLine = line => StopAt("is looked at again", line, running, reason);

        await _executor.ExecuteAsync(running);

        var row = await _executor.RowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(row.Status, Is.EqualTo(JobStatuses.Failed));
            Assert.That(row.Text(JobAttributes.ErrorMessage), Does.StartWith("The command ended with exit code 3, but ").And.EndsWith("The queue is gone 2."));
            Assert.That(row.Text(JobAttributes.ExitProof), Does.StartWith("group empty"));
        }
    }

    [Test]
    public async Task A_command_that_has_ended_is_not_started_again_since_its_handler_gave_up_while_the_host_stops()
    {
        var running = await _executor.ClaimAsync();
        _executor.Conclude = (_, _) =>
        {
            running.Stop(StopReason.HostStopping);
            throw new TaskCanceledException("The request was cancelled.");
        };

        await _executor.ExecuteAsync(running);

        var row = await _executor.RowAsync();
        Assert.That(row.Status, Is.EqualTo(JobStatuses.Failed));
        Assert.That(row.Text(JobAttributes.ErrorMessage), Does.EndWith("threw TaskCanceledException: The request was cancelled."));
    }

    [Test]
    public async Task A_job_is_not_checked_again_while_its_command_may_still_run()
    {
        var isKillable = false;
        _executor.Script = "sleep 300 >/dev/null 2>&1 & exit 0";
        _executor.DeathLimit = TimeSpan.FromMilliseconds(200);
        _executor.Send = (id, signal) => signal == Signals.None || Volatile.Read(ref isKillable) ? Signals.Send(id, signal) : 0;
        _executor.Conclude = (_, _) => Task.FromResult(JobOutcome.RecheckAfter(TimeSpan.FromSeconds(1)));

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        var left = Survivors.With(_executor.Fence);
        Volatile.Write(ref isKillable, true);
        foreach (var process in left)
            _ = Signals.Send(int.Parse(process.Split(' ')[0], CultureInfo.InvariantCulture), Signals.Kill);
        var row = await _executor.RowAsync();
        Assert.That(left, Is.Not.Empty);
        Assert.That(row.Status, Is.EqualTo(JobStatuses.Failed));
        Assert.That(row.Text(JobAttributes.ErrorMessage), Does.StartWith("The job is not checked again, since its command may still run: "));
    }

    [TestCase(1, false, true, "nothing was started")]
    [TestCase(2, false, false, "an earlier attempt was not seen to end")]
    [TestCase(2, true, true, "nothing was started")]
    public async Task An_attempt_that_fails_and_starts_nothing_does_not_speak_for_one_that_nobody_saw_the_end_of(int attempt, bool isComplete, bool isConfirmed, string proof)
    {
        _executor.Plan = _ => Task.FromResult(JobPlan.Finish(isComplete ? JobOutcome.Completed() : JobOutcome.Failed("no")));

        await _executor.ExecuteAsync(await _executor.ClaimAsync(attempt));

        var row = await _executor.RowAsync();
        Assert.That(row.Raw(JobAttributes.ProcessExitConfirmed)?.Text, Is.EqualTo(isConfirmed ? "true" : "false"));
        Assert.That(row.Text(JobAttributes.ExitProof), Is.EqualTo(proof));
    }

    [Test]
    public async Task A_folder_that_an_abandoned_call_of_the_handler_may_write_to_is_nobody_elses()
    {
        var planning = new TaskCompletionSource();
        _executor.Plan = context =>
        {
            _ = context.WorkFolder;
            planning.SetResult();
            return new TaskCompletionSource<JobPlan>().Task;
        };
        var running = await _executor.ClaimAsync();
        var executing = _executor.ExecuteAsync(running);
        await planning.Task;

        running.Stop(StopReason.HostStopping);
        await executing;

        Assert.That(Directory.GetDirectories(Path.Combine(_executor.State, "work")), Is.Empty, "one that is used again is there");
    }

    [Test]
    public async Task The_hosts_log_says_the_status_that_the_row_has()
    {
        _executor.Conclude = (_, _) => Task.FromResult(JobOutcome.Completed() with { ResultsJson = "[1]" });

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        Assert.That((await _executor.RowAsync()).Status, Is.EqualTo(JobStatuses.Failed));
        Assert.That(_executor.Log.MessageOf("JobEnded"), Does.Contain("marked as FAILED"));
    }

    [Test]
    public async Task A_job_that_fails_by_its_results_alone_keeps_its_work_folder()
    {
        var isKept = false;
        _executor.OnKept = () => isKept = true;
        _executor.Script = "echo evidence > file";
        _executor.Conclude = (_, _) => Task.FromResult(JobOutcome.Completed() with { ResultsJson = "[1]" });

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        Assert.That(isKept, Is.True);
        Assert.That((await _executor.RowAsync()).Text(JobAttributes.Logs), Does.Contain("The work folder is kept until"));
    }

    [Test]
    public async Task Results_that_cannot_be_stored_do_not_hide_why_the_job_failed()
    {
        _executor.Conclude = (_, _) => Task.FromResult(JobOutcome.Failed("The model is empty.") with { ResultsJson = "[1]" });

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        Assert.That((await _executor.RowAsync()).Text(JobAttributes.ErrorMessage), Is.EqualTo("The model is empty. The handler's results are JSON, but no object."));
    }

    [Test]
    public async Task An_error_of_any_length_leaves_room_for_what_is_wrong_with_the_results()
    {
        _executor.Conclude = (_, _) => Task.FromResult(JobOutcome.Failed(new string('x', 5000)) with { ResultsJson = "[1]" });

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        Assert.That((await _executor.RowAsync()).Text(JobAttributes.ErrorMessage), Does.Match("^x{1000,}\\. The handler's results are JSON, but no object\\.$"));
    }

    [Test]
    public async Task Only_what_is_stored_of_the_results_has_to_be_text()
    {
        _executor.Conclude = (_, _) => Task.FromResult(JobOutcome.Failed("broken") with { ResultsJson = """{"error":"\udcff","rows":3}""" });

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        Assert.That(JsonNode.Parse((await _executor.RowAsync()).Text(JobAttributes.JobResults)!)!["rows"]!.GetValue<int>(), Is.EqualTo(3));
    }

    [Test]
    public async Task A_long_error_is_not_cut_within_a_character()
    {
        _executor.Plan = _ => Task.FromResult(JobPlan.Finish(JobOutcome.Failed(new string('x', 3999) + "\U0001F600 and more")));

        await _executor.ExecuteAsync(await _executor.ClaimAsync());

        Assert.That((await _executor.RowAsync()).Text(JobAttributes.ErrorMessage), Is.EqualTo(new string('x', 3999)));
    }

    // The disk fails in the way of a folder that somebody put a file in the place of: also the superuser cannot make one there.
    private static void BlockAt(string text, string line, string path)
    {
        if (!line.Contains(text, StringComparison.Ordinal))
            return;
        Directory.CreateDirectory(path);
        Directory.Delete(path, recursive: true);
        File.WriteAllText(path, "");
    }

    private static void StopAt(string text, string line, RunningJob running, StopReason reason)
    {
        if (line.Contains(text, StringComparison.Ordinal))
            running.Stop(reason);
    }
}
