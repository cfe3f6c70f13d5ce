using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>What a killed host left running ends at the next start on its state folder, and nothing else does.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class LeftoverProcessesTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("delphi-left-").FullName;
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill();
            process.Dispose();
        }

        Directory.Delete(_state, recursive: true);
    }

    [Test]
    public async Task A_process_of_an_attempt_is_ended_and_said_and_its_folder_is_removed()
    {
        var left = Start(Work("job-1-a"), "trap '' TERM; echo ready; while :; do sleep 1; done");
        await left.StandardOutput.ReadLineAsync();

        using var state = StateFolder.Take(_state);

        Assert.That(left.HasExited, Is.True);
        // The shell may have had a sleeper at that moment.
        Assert.That(state.Notices, Has.One.Match("left [12] processes of its jobs, which were ended now"));
        Assert.That(Directory.Exists(Path.Combine(_state, "work")), Is.False);
    }

    [Test]
    public async Task A_process_of_another_state_folder_or_of_none_goes_on()
    {
        Work("job-1-a");
        var ofAnother = Start(Path.Combine(Path.GetTempPath(), "other", "work", "job-1-b"), "echo ready; exec sleep 300");
        var withinFolder = Start(Path.Combine(_state, "work", "job-1-a", "deeper"), "echo ready; exec sleep 300");
        await ofAnother.StandardOutput.ReadLineAsync();
        await withinFolder.StandardOutput.ReadLineAsync();

        using var state = StateFolder.Take(_state);

        Assert.That(state.Notices, Is.Empty);
        Assert.That(ofAnother.HasExited, Is.False);
        Assert.That(withinFolder.HasExited, Is.False);
    }

    [Test]
    public async Task Nothing_of_a_host_that_runs_is_touched_since_its_folder_cannot_be_taken()
    {
        using var running = StateFolder.Take(_state);
        var own = Start(Work("job-1-a"), "echo ready; exec sleep 300");
        await own.StandardOutput.ReadLineAsync();

        Assert.That(() => StateFolder.Take(_state), Throws.TypeOf<StateFolderException>());

        Assert.That(own.HasExited, Is.False);
    }

    [Test]
    public async Task The_inner_process_of_a_sandbox_that_waits_for_an_outer_one_which_was_killed_is_ended()
    {
        if (Rungs.Machine.NoNamespace is not null)
        {
            Assert.Ignore("Install bubblewrap.");
        }

        // At some moment of its start the outer process has a child that waits for it; killed then, it leaves that behind (bubblewrap#633).
        var work = Work("job-1-a");
        for (var attempt = 0; attempt < 200 && !await IsLeftAsync(work); attempt++)
        {
            var outer = StartProgram(
                work, Rungs.Machine.Programs.Bubblewrap!, "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--new-session", "--die-with-parent", "/bin/sleep", "300");
            while (ProcessStat.FindChildren(outer.Id).Count == 0)
            {
                Thread.SpinWait(10);
            }

            outer.Kill();
            await outer.WaitForExitAsync();
        }

        Assert.That(Survivors.With(work), Is.Not.Empty, "no kill met the moment");

        using var state = StateFolder.Take(_state);

        Assert.That(Survivors.With(work), Is.Empty);
        Assert.That(state.Notices, Has.One.Contains("ended now"));
    }

    /// <summary>Whether something is there that does not end by itself, as what dies with its parent does.</summary>
    private static async Task<bool> IsLeftAsync(string work)
    {
        var watch = Stopwatch.StartNew();
        while (Survivors.With(work).Count > 0)
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(1))
            {
                return true;
            }

            await Task.Delay(10);
        }

        return false;
    }

    private string Work(string name) => WorkFolders.MakePrivate(Path.Combine(_state, "work", name));

    private Process Start(string work, string script) => StartProgram(work, "/bin/sh", "-c", script);

    private Process StartProgram(string work, string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/bin:/bin";
        info.Environment["DELPHI_RESULT_FILE"] = Path.Combine(work, "result.json");
        var process = Process.Start(info)!; // A new process, as none is reused.
        _started.Add(process);
        return process;
    }
}
