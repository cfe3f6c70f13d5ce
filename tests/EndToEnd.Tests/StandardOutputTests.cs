using System.Diagnostics;
using System.Globalization;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>Standard output as services and shells give it: a pipe that nobody reads, one that does not wait, a file that others write to.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Unix", Reason = "Programs are started by a shell.")]
public sealed class StandardOutputTests : IDisposable
{
    private const int Lines = 20_000;

    private readonly Deployment _deployment = new();

    public StandardOutputTests() =>
        _deployment.LetDo(DelphiCommand.FullPipeline, string.Create(CultureInfo.InvariantCulture, $"seq -f 'number %.0f.' {Lines}"));

    public void Dispose() => _deployment.Dispose();

    [Test]
    public async Task A_reader_that_does_not_read_keeps_the_host_neither_from_its_jobs_nor_from_stopping()
    {
        await SubmitAsync("job-before", "job-behind");
        await using var unread = await MakePipeAsync("unread");
        await using var host = StartTo("> unread");
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
            new Dictionary<string, string>(),
            "run",
            "--once");

        var end = await host.WaitAsync();

        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        AssertHasEveryLine(end.Output);
    }

    [Test]
    public async Task A_file_that_takes_the_host_s_log_too_has_both_whole()
    {
        await SubmitAsync("job-1");
        await using var host = StartTo("> both 2>&1");

        await host.WaitAsync();

        var lines = await File.ReadAllLinesAsync(Path.Combine(_deployment.Folder, "both"));
        AssertHasEveryLine(lines);
        Assert.That(lines, Has.Some.Contains("Successfully claimed job job-1").And.Some.EndsWith("All workers have stopped. Exiting."));
    }

    private static void AssertHasEveryLine(IEnumerable<string> lines) => Assert.That(
        lines.Where(line => line.Contains("[stdout] number ", StringComparison.Ordinal)),
        Is.EqualTo(Enumerable.Range(1, Lines).Select(number => $"[DELPHI JOB job-1] INFO: [stdout] number {number}.")));

    private RunnerProgram StartTo(string redirection) =>
        _deployment.StartBehind(["sh", "-c", $"exec \"$0\" \"$@\" {redirection}"], new Dictionary<string, string>(), "run", "--once");

    private async Task<FileStream> MakePipeAsync(string name)
    {
        var path = Path.Combine(_deployment.Folder, name);
        using (var make = Process.Start("mkfifo", [path]))
        {
            await make.WaitForExitAsync();
        }

        return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    private async Task SubmitAsync(params string[] jobIds)
    {
        foreach (var jobId in jobIds)
        {
            var submit = await _deployment.RunAsync("submit", "--from", _deployment.Write("row.json", NewJobs.Pending(jobId, "FULL_PIPELINE", "39321", DateTimeOffset.UtcNow)));
            Assert.That(submit.ExitCode, Is.Zero, submit.ToString());
        }
    }
}
