using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>Standard output and standard error as services and shells give them: a pipe that nobody reads, one that does not wait, a file that others write to.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Unix", Reason = "Programs are started by a shell.")]
public sealed class StandardStreamTests : IDisposable
{
    private const int Lines = 20_000;

    // What a pipe of Linux takes before its writer waits.
    private const int PipeBytes = 64 * 1024;

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly Deployment _deployment = new();

    public StandardStreamTests() =>
        _deployment.LetDo(DelphiCommand.FullPipeline, string.Create(CultureInfo.InvariantCulture, $"seq -f 'number %.0f.' {Lines}"));

    public void Dispose() => _deployment.Dispose();

    [Test]
    public async Task A_reader_that_does_not_read_keeps_the_host_neither_from_its_jobs_nor_from_stopping()
    {
        await SubmitAsync("job-before", "job-behind");
        await using var unread = await MakePipeAsync("unread");
        await using var host = StartTo("> unread", "run", "--once");
        await host.WaitForErrorAsync("All workers have stopped");
        await host.SignalAsync("TERM");

        var end = await host.WaitAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        Assert.That(end.ErrorText, Does.Contain("Nobody reads standard output, and the host stops"));
        Assert.That((await _deployment.ReadRowsAsync()).Select(row => row["status"]?.Text), Is.EqualTo(["COMPLETED", "COMPLETED"]));
    }

    [Test]
    public async Task A_pipe_that_does_not_wait_for_its_reader_gets_every_line()
    {
        await SubmitAsync("job-1");
        await using var host = _deployment.StartBehind(
            ["perl", "-MFcntl", "-e", "fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK) or die; exec @ARGV"],
            NoEnvironment,
            "run",
            "--once");

        var end = await host.WaitAsync();

        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        AssertHasEveryLine(end.Output);
    }

    // A file system of its own, smaller than what one job writes; the next job makes room in it.
    [Test]
    [Platform("Linux")]
    public async Task A_full_disk_costs_lines_that_are_counted_and_cuts_none_that_comes_after()
    {
        using var deployment = new Deployment(new DeploymentOptions { Sandbox = "off" });
        var small = Directory.CreateDirectory(Path.Combine(deployment.Folder, "small")).FullName;
        var (ran, go) = (Path.Combine(deployment.Folder, "ran"), Path.Combine(deployment.Folder, "go"));
        deployment.LetDo(
            DelphiCommand.FullPipeline,
            $"""
            if [ -e {ran} ]; then until [ -e {go} ]; do sleep 0.1; done; rm -f {small}/filler; fi
            touch {ran}
            seq -f 'number %.0f.' 10000
            """);
        await SubmitAsync(deployment, "job-1", "job-2", "job-3");
        await using var host = deployment.StartBehind(
            [
                "bwrap", "--dev-bind", "/", "/", "--size", "4000000", "--tmpfs", small,
                "sh", "-c", $"head -c 3800000 /dev/zero > {small}/filler; \"$0\" \"$@\" > {small}/out; end=$?; cat {small}/out > out; exit $end",
            ],
            NoEnvironment,
            "run",
            "--once");
        await host.WaitForErrorAsync("cannot be written to standard output: No space left on device");
        deployment.Write("go", "");

        var end = await host.WaitAsync();

        var lines = await File.ReadAllLinesAsync(Path.Combine(deployment.Folder, "out"));
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        Assert.That(lines, Has.Some.Match("^\\[DELPHI JOB --------\\] WARNING: [0-9]+ lines were not written, since writing failed: No space left on device$"));
        Assert.That(lines.Where(line => line.LastIndexOf("[DELPHI", StringComparison.Ordinal) > 0), Is.Empty);
        Assert.That(lines, Has.Some.StartsWith("[DELPHI JOB job-3] INFO: [stdout] number 10000."));
    }

    [Test]
    public async Task A_file_that_takes_the_host_s_log_too_has_both_whole()
    {
        await SubmitAsync("job-1");
        await using var host = StartTo("> both 2>&1", "run", "--once");

        await host.WaitAsync();

        var lines = await File.ReadAllLinesAsync(Path.Combine(_deployment.Folder, "both"));
        AssertHasEveryLine(lines);
        Assert.That(lines, Has.Some.Contains("Successfully claimed job job-1").And.Some.EndsWith("All workers have stopped. Exiting."));
    }

    [Test]
    public async Task A_log_that_nobody_reads_keeps_the_host_neither_from_its_jobs_nor_from_stopping()
    {
        await SubmitAsync("job-1");
        await using var unread = await MakePipeAsync("unread");
        await unread.WriteAsync(new byte[PipeBytes]);
        await using var host = StartTo("2> unread", "run");
        await host.WaitForOutputAsync("Job completed");

        await host.SignalAsync("TERM");

        var end = await host.WaitAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        AssertHasEveryLine(end.Output);
        Assert.That((await _deployment.ReadRowAsync("job-1"))["status"]?.Text, Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task A_run_to_its_end_that_is_stopped_does_not_wait_for_the_reader_of_its_log()
    {
        _deployment.LetDo(DelphiCommand.FullPipeline, "echo waiting; exec sleep 600");
        await SubmitAsync("job-1");
        await using var unread = await MakePipeAsync("unread");
        await unread.WriteAsync(new byte[PipeBytes]);
        await using var host = StartTo("2> unread", "run", "--once");
        await host.WaitForOutputAsync("[stdout] waiting");

        await host.SignalAsync("TERM");

        Assert.That((await host.WaitAsync()).ExitCode, Is.Zero);
        Assert.That((await _deployment.ReadRowAsync("job-1"))["status"]?.Text, Is.EqualTo("PENDING"));
    }

    [Test]
    public async Task A_run_to_its_end_waits_for_the_reader_of_its_log()
    {
        await SubmitAsync("job-1");
        await using var pipe = await MakePipeAsync("late");
        await pipe.WriteAsync(new byte[PipeBytes]);
        await using var host = StartTo("2> late", "run", "--once");
        await host.WaitForOutputAsync("Job completed");

        var log = await ReadToEndAsync(pipe);

        Assert.That((await host.WaitAsync()).ExitCode, Is.Zero);
        Assert.That(log, Does.Contain("Successfully claimed job job-1").And.Contain("All workers have stopped"));
    }

    [Test]
    public async Task What_led_to_a_crash_stands_in_the_log_before_it()
    {
        using var folder = new TemporaryFolder();
        var plugin = Path.Combine(folder.FullPath, "plugins", "Crashing");
        Directory.CreateDirectory(plugin);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(BuiltFiles.TestPlugins, "Crashing")))
            File.Copy(file, Path.Combine(plugin, Path.GetFileName(file)));
        folder.Write("runner.yaml", "{ store: { kind: sqlite, path: queue.db }, plugins: { folder: plugins } }");
        await using var unread = await MakePipeAsync(folder.FullPath, "unread");
        await unread.WriteAsync(new byte[PipeBytes]);
        await using var crashes = await MakePipeAsync(folder.FullPath, "crashes");
        var config = new JsonObject { ["pipe"] = crashes.Name }.ToJsonString();
        var submit = await RunnerProgram.RunAsync(folder.FullPath, NoEnvironment, "submit", "--type", "CRASH", "--job-config", config, "--id", "job-1");
        Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
        await using var host = RunnerProgram.StartBehind(["sh", "-c", "exec \"$0\" \"$@\" 2> unread"], folder.FullPath, NoEnvironment, "run", "--once");
        await crashes.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(RunnerProgram.Limit);

        var log = await ReadToEndAsync(unread);

        Assert.That((await host.WaitAsync()).ExitCode, Is.Not.Zero);
        Assert.That(log, Does.Match("(?s)Successfully claimed job job-1.*Unhandled exception.*This test plugin ends its host."));
    }

    private static void AssertHasEveryLine(IEnumerable<string> lines) => Assert.That(
        lines.Where(line => line.Contains("[stdout] number ", StringComparison.Ordinal)),
        Is.EqualTo(Enumerable.Range(1, Lines).Select(number => $"[DELPHI JOB job-1] INFO: [stdout] number {number}.")));

    private RunnerProgram StartTo(string redirection, params string[] arguments) =>
        _deployment.StartBehind(["sh", "-c", $"exec \"$0\" \"$@\" {redirection}"], NoEnvironment, arguments);

    private Task<FileStream> MakePipeAsync(string name) => MakePipeAsync(_deployment.Folder, name);

    private static async Task<FileStream> MakePipeAsync(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        using (var make = Process.Start("mkfifo", [path]))
        {
            await make.WaitForExitAsync();
        }

        return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    private static async Task<string> ReadToEndAsync(FileStream pipe)
    {
        using var reader = new StreamReader(new FileStream(pipe.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));
        await pipe.DisposeAsync(); // From here on, the pipe ends with the host.
        return await reader.ReadToEndAsync().WaitAsync(RunnerProgram.Limit);
    }

    private Task SubmitAsync(params string[] jobIds) => SubmitAsync(_deployment, jobIds);

    private static async Task SubmitAsync(Deployment deployment, params string[] jobIds)
    {
        foreach (var jobId in jobIds)
        {
            var submit = await deployment.RunAsync("submit", "--from", deployment.Write("row.json", NewJobs.Pending(jobId, "FULL_PIPELINE", "39321", DateTimeOffset.UtcNow)));
            Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
        }
    }
}
