using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution;

[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
public sealed class ProcessRunnerTests(string rung)
{
    private static readonly string[] AwkwardArguments =
        ["plain", "", "two words", "it's", "say \"so\"", "back\\slash\\", "\\\"", "line\nbreak", "tab\t", "$HOME", "*", "; rm -rf x", "--flag=ü€😀", "-"];

    [Test]
    public async Task A_command_ends_with_its_own_exit_code_and_a_proof_of_death()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("exit", "42");

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Exited));
        Assert.That(run.Result.ExitCode, Is.EqualTo(42));
        Assert.That(run.Result.Elapsed, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(run.Result.TimeLimit, Is.EqualTo(attempt.TimeLimit));
        Assert.That(run.ExitConfirmed, Is.True);
        Assert.That(run.ExitProof, Does.StartWith(Rungs.ProofOf(rung)));
        Assert.That(run.Notes, Is.Empty);
        Assert.That(File.Exists(attempt.SpoolPath), Is.False, "no output, no spool");
    }

    [Test]
    public async Task Arguments_arrive_as_they_are()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunChildAsync(["args", .. AwkwardArguments]);

        Assert.That(attempt.Lines.Select(line => JsonSerializer.Deserialize<string>(line)), Is.EqualTo(AwkwardArguments));
    }

    [Test]
    public async Task The_environment_is_the_approved_one_and_nothing_else()
    {
        Environment.SetEnvironmentVariable("DELPHI_TEST_OF_THE_HOST", "not for children");
        using var attempt = new Attempt(rung) { Environment = { ["GREETING"] = "two words = fine" } };
        var command = attempt.Approve(Attempt.Child, "env");

        await attempt.RunAsync(command);

        // bwrap tells where it went, as a shell does.
        IEnumerable<string> added = Rungs.WithNamespace.Contains(rung) ? [$"PWD={attempt.Folder}"] : [];
        Assert.That(attempt.Lines, Is.EquivalentTo(command.Environment.Select(pair => $"{pair.Key}={pair.Value}").Concat(added)));
        Assert.That(attempt.Lines, Has.Member("GREETING=two words = fine").And.Member($"HOME={attempt.Folder}"));
    }

    [Test]
    public async Task The_working_directory_is_the_work_folder_by_default_and_standard_input_is_handed_over()
    {
        using var attempt = new Attempt(rung) { StandardInput = "Grüße\nend" };

        var run = await attempt.RunChildAsync("record", "3", "a b");

        using var record = JsonDocument.Parse(attempt.Lines.Single());
        Assert.That(run.Result.ExitCode, Is.EqualTo(3));
        Assert.That(record.RootElement.GetProperty("args").EnumerateArray().Select(arg => arg.GetString()), Is.EqualTo(new[] { "a b" }));
        Assert.That(record.RootElement.GetProperty("cwd").GetString(), Is.EqualTo(attempt.Folder));
        Assert.That(record.RootElement.GetProperty("stdin").GetString(), Is.EqualTo("Grüße\nend"));
    }

    [Test]
    public async Task A_large_standard_input_that_nobody_reads_does_not_hold_the_run()
    {
        using var attempt = new Attempt(rung) { StandardInput = new string('x', 4 * 1024 * 1024) };

        var run = await attempt.RunAsync(attempt.Approve("/bin/sh", "-c", "exit 7"));

        Assert.That(run.Result.ExitCode, Is.EqualTo(7));
    }

    [Test]
    public async Task A_missing_standard_input_is_an_empty_one()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("stdin-cat");

        Assert.That(run.Result.Succeeded, Is.True);
        Assert.That(run.Result.OutputBytes, Is.Zero);
    }

    [Test]
    public async Task Both_streams_are_merged_and_each_line_says_where_it_came_from()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunChildAsync("lines", "200");

        Assert.That(attempt.OutputLines.Where(line => !line.FromStandardError).Select(line => line.Text), Is.EqualTo(Numbered("out", 0)));
        Assert.That(attempt.OutputLines.Where(line => line.FromStandardError).Select(line => line.Text), Is.EqualTo(Numbered("err", 1)));
        Assert.That(run.Result.OutputLines, Is.EqualTo(200));
        Assert.That(run.Result.LastLines, Is.EqualTo(attempt.Lines));
        Assert.That(run.Result.OutputBytes, Is.EqualTo(new FileInfo(attempt.SpoolPath).Length));

        static IEnumerable<string> Numbered(string name, int first) =>
            Enumerable.Range(0, 100).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name} {first + (2 * i)}"));
    }

    [Test]
    public async Task No_output_of_150_fast_exits_is_lost()
    {
        using var attempt = new Attempt(rung);
        var command = attempt.Approve("/bin/sh", "-c", "echo first; echo second >&2; echo third; exit 3");

        for (var i = 0; i < 150; i++)
        {
            var run = await attempt.RunAsync(command);
            Assert.That(run.Result.LastLines, Is.EquivalentTo(new[] { "first", "second", "third" }));
            Assert.That(run.Result.ExitCode, Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Eight_commands_run_at_once()
    {
        using var attempt = new Attempt(rung);
        var gate = Path.Combine(attempt.Folder, "gate");
        var command = attempt.Approve("/bin/sh", "-c", $"mktemp {attempt.Folder}/started.XXXXXX >/dev/null; while [ ! -e {gate} ]; do sleep 0.01; done; echo done");

        var runs = Enumerable.Range(0, 8).Select(_ => Task.Run(() => attempt.RunAsync(command))).ToList();
        await Eventually.BecomesTrueAsync(() => Directory.GetFiles(attempt.Folder, "started.*").Length == 8);
        await File.WriteAllTextAsync(gate, string.Empty);

        Assert.That((await Task.WhenAll(runs)).Select(run => run.Result.LastLines), Is.All.EqualTo(new[] { "done" }));
    }

    [Test]
    public async Task A_command_outlives_the_thread_that_asked_for_it()
    {
        // What dies with its parent follows the thread that started it, and not the process.
        using var attempt = new Attempt(rung);
        var gate = Path.Combine(attempt.Folder, "gate");
        var command = attempt.Approve(Attempt.Child, "sleep-until-file", gate);
        var isReady = new TaskCompletionSource();
        attempt.OnLine = _ => isReady.TrySetResult();
        Task<ProcessRun>? running = null;
        var asker = new Thread(() => running = attempt.RunAsync(command));

        asker.Start();
        asker.Join();
        await isReady.Task;
        await File.WriteAllTextAsync(gate, string.Empty);
        var run = await running!;

        Assert.That(run.Result.End, Is.EqualTo(ProcessEnd.Exited));
        Assert.That(run.Result.ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_command_has_all_three_streams_whoever_wants_its_output()
    {
        using var attempt = new Attempt(rung) { ForgetsLines = true };

        var run = await attempt.RunShellAsync("for each in 0 1 2; do readlink /proc/$$/fd/$each; done && echo written >&2");

        Assert.That(run.Result.Succeeded, Is.True);
        Assert.That(run.Result.LastLines.Select(line => line.Split(':')[0]), Is.EqualTo(new[] { "pipe", "pipe", "pipe", "written" }));
    }

    [Test]
    public async Task A_job_that_ended_before_its_start_starts_nothing()
    {
        using var attempt = new Attempt(rung);
        var mark = Path.Combine(attempt.Folder, "mark");
        await attempt.Job.CancelAsync();

        var run = await attempt.RunAsync(attempt.Approve("/bin/sh", "-c", $"touch {mark}"));

        Assert.That(run, Is.Null);
        Assert.That(File.Exists(mark), Is.False);
    }

    [Test]
    public async Task A_child_is_in_a_session_of_its_own()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunShellAsync("cat /proc/$$/stat");

        // The fields behind the name: state, parent, group, session. In a namespace its init leads the session, and nobody else is in it.
        var fields = attempt.Lines[0].Split(' ');
        var leader = Rungs.WithNamespace.Contains(rung) ? "1" : fields[0];
        Assert.That(fields[4], Is.EqualTo(leader));
        Assert.That(fields[5], Is.EqualTo(leader));
    }

    [Test]
    public async Task A_broken_pipe_ends_a_child_as_it_would_in_a_terminal()
    {
        using var attempt = new Attempt(rung);

        await attempt.RunShellAsync("grep SigIgn /proc/self/status; yes | head -n 1");

        Assert.That(attempt.Lines, Is.EqualTo(new[] { "SigIgn: 0000000000000000", "y" }));
    }

    [Test]
    public async Task A_script_without_its_interpreter_is_said_to_be_no_start()
    {
        using var attempt = new Attempt(rung);
        var script = Path.Combine(attempt.Folder, "script");
        await File.WriteAllTextAsync(script, "#!/no/such/interpreter\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var command = attempt.Approve(script);

        Assert.That(() => attempt.RunAsync(command), Throws.TypeOf<ProcessStartException>()
            .With.Message.StartsWith($"Program '{script}' could not be started: ").And.Property("Program").EqualTo(script));
    }

    [Test]
    public void A_working_directory_that_went_away_is_said_to_be_no_start()
    {
        using var attempt = new Attempt(rung);
        var folder = Directory.CreateDirectory(Path.Combine(attempt.Folder, "sub")).FullName;
        attempt.WorkingDirectory = folder;
        var command = attempt.Approve("/bin/true");
        Directory.Delete(folder);

        Assert.That(() => attempt.RunAsync(command), Throws.TypeOf<ProcessStartException>().With.Message.Contains("'/bin/true' could not be started"));
    }

    [Test]
    public async Task A_command_that_prints_what_setsid_prints_among_other_lines_was_started()
    {
        using var attempt = new Attempt(rung);

        var run = await attempt.RunShellAsync("echo one; echo 'setsid: failed to execute x: No such file' >&2; exit 127");

        Assert.That(run.Result.ExitCode, Is.EqualTo(127));
    }

    [Test]
    public async Task A_taker_of_lines_that_throws_leaves_nothing_behind_and_hides_no_proof_of_that()
    {
        using var attempt = new Attempt(rung) { FailAt = "ready" };

        var run = await attempt.RunShellAsync("sleep 300 >/dev/null 2>&1 & echo ready; exit 0");

        Assert.That(run.Fault, Is.TypeOf<InvalidOperationException>().With.Message.EqualTo("ready"));
        Assert.That(run.ExitConfirmed, Is.True);
        Assert.That(run.ExitProof, Does.StartWith(Rungs.ProofOf(rung)));
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
    }
}
