using System.Runtime.Versioning;
using System.Text;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Tests.Plugins;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class JobLinesTests
{
    private static readonly IReadOnlyList<string> Texts = ["plain", "", "Grüße, 日本語, 😀", new('x', 300), new('x', 64 * 1024), new('é', 20_000), new('世', 100_000)];

    [Test]
    public async Task Every_line_is_written_in_its_order_and_whole()
    {
        var expected = Enumerable.Range(0, 10_000).Select(number => $"line {number} {Texts[number % 4]}").Concat(Texts).ToList();
        using var output = new RecordingStream();

        await using (var lines = new JobLines(output, TimeProvider.System, NullLogger<JobLines>.Instance))
        {
            expected.ForEach(line => lines.Write(line, isWanted: false));
        }

        Assert.That(Lines(output), Is.EqualTo(expected));
        Assert.That(output.Pieces, Is.All.EndsWith(Environment.NewLine));
    }

    [Test]
    public async Task A_reader_that_does_not_read_costs_lines_and_neither_time_nor_memory()
    {
        const int Count = 300_000;
        var wanted = $"what readers look for {new string('!', 2000)}";
        using var output = new RecordingStream { IsStuck = true };
        var lines = new JobLines(output, TimeProvider.System, NullLogger<JobLines>.Instance);
        lines.Write("first", isWanted: false);
        await output.Began;
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var number = 0; number < Count; number++)
            lines.Write(new string('x', 200), isWanted: false);
        lines.Write(wanted, isWanted: true);
        lines.Write("what nobody looks for", isWanted: false);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.LetGo();
        await lines.DisposeAsync();

        var written = Lines(output);
        var dropped = Count + 1 - (written.Count - 3);
        Assert.That(grown, Is.LessThan(JobLines.Capacity + (1024 * 1024)));
        Assert.That(dropped, Is.InRange(200_000, Count));
        Assert.That(written[0], Is.EqualTo("first"));
        Assert.That(written[^2], Is.EqualTo(wanted));
        Assert.That(written[^1], Is.EqualTo($"[DELPHI JOB --------] WARNING: {dropped} lines were not written, since nobody read fast enough"));
    }

    [Test]
    public async Task Lines_that_readers_look_for_have_a_bound_too()
    {
        using var output = new RecordingStream { IsStuck = true };
        var lines = new JobLines(output, TimeProvider.System, NullLogger<JobLines>.Instance);
        lines.Write("first", isWanted: false);
        await output.Began;

        for (var number = 0; number < 100; number++)
            lines.Write(new string('x', 200_000), isWanted: true);
        output.LetGo();
        await lines.DisposeAsync();

        var written = Lines(output);
        Assert.That(written.Sum(line => line.Length), Is.InRange(JobLines.Capacity / 8, JobLines.Capacity));
        Assert.That(written[^1], Is.EqualTo($"[DELPHI JOB --------] WARNING: {100 - (written.Count - 2)} lines were not written, since nobody read fast enough"));
    }

    [Test]
    public async Task What_was_written_makes_room()
    {
        var expected = Enumerable.Range(0, 30).Select(number => $"{number} {new string('x', 400_000)}").ToList();
        using var output = new RecordingStream();
        await using var lines = new JobLines(output, TimeProvider.System, NullLogger<JobLines>.Instance);

        foreach (var line in expected)
        {
            lines.Write(line, isWanted: false);
            await output.WrittenAsync(times: 1);
        }

        Assert.That(Lines(output), Is.EqualTo(expected));
    }

    [Test]
    public async Task Neither_a_flood_nor_the_end_waits_for_the_pause_between_few_lines()
    {
        var expected = Enumerable.Range(0, 1000).Select(number => $"{number} {new string('x', 2000)}").Prepend("first").ToList();
        using var output = new RecordingStream();
        var lines = new JobLines(output, new FakeTimeProvider(), NullLogger<JobLines>.Instance);
        lines.Write("first", isWanted: false);
        await output.WrittenAsync(times: 1);

        expected.Skip(1).ToList().ForEach(line => lines.Write(line, isWanted: false));
        await output.WrittenAsync(times: 16);
        await lines.DisposeAsync();

        Assert.That(Lines(output), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_good_end_waits_for_a_reader_until_a_stop_and_says_so()
    {
        using var log = new RecordedLog();
        using var stop = new CancellationTokenSource();
        using var output = new RecordingStream { IsStuck = true };
        var time = new FakeTimeProvider();
        var lines = new JobLines(output, time, new Logger<JobLines>(log));
        lines.Write("first", isWanted: false);
        await output.Began;
        lines.Write("second", isWanted: true);

        var completing = lines.CompleteAsync(stop.Token);
        await AdvanceAsync(time, until: () => log.Events.Count > 0);
        time.Advance(TimeSpan.FromDays(1));
        Assert.That(completing.IsCompleted, Is.False);
        await stop.CancelAsync();
        await completing;
        var ending = lines.DisposeAsync().AsTask();
        await AdvanceAsync(time, until: () => ending.IsCompleted);

        Assert.That(log.Events, Is.EqualTo([
            ("JobLinesWaiting", "All jobs have ended. 2 lines of them wait for a reader of standard output"),
            ("JobLinesGivenUp", "Nobody reads standard output, and the host stops: 2 lines of the jobs, or some of them, are not written"),
        ]));
        output.LetGo();
    }

    [Test]
    public async Task What_is_given_up_counts_what_was_dropped_before()
    {
        const int Count = 60_000;
        using var log = new RecordedLog();
        using var output = new RecordingStream { IsStuck = true };
        var time = new FakeTimeProvider();
        var lines = new JobLines(output, time, new Logger<JobLines>(log));

        for (var number = 0; number < Count; number++)
            lines.Write(new string('x', 200), isWanted: false);
        await output.Began;
        var ending = lines.DisposeAsync().AsTask();
        await AdvanceAsync(time, until: () => ending.IsCompleted);

        Assert.That(log.Events.Single().Text, Does.Contain($": {Count} lines of the jobs"));
        output.LetGo();
    }

    [Test]
    [Platform("Linux")]
    [SupportedOSPlatform("linux")]
    public async Task A_full_disk_costs_lines_that_are_counted_and_each_time_it_is_said_once()
    {
        using var log = new RecordedLog();
        await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using var output = new RecordingStream { Broken = full };
        var lines = new JobLines(output, TimeProvider.System, new Logger<JobLines>(log));

        lines.Write("lost", isWanted: false);
        await output.FailedAsync(times: 2);
        lines.Write("lost too", isWanted: true);
        await output.FailedAsync(times: 2);
        output.Broken = null;
        lines.Write("written", isWanted: false);
        await output.WrittenAsync(times: 2);
        output.Broken = full;
        lines.Write("lost again", isWanted: false);
        await output.FailedAsync(times: 2);
        output.Broken = null;
        lines.Write("written again", isWanted: false);
        await output.WrittenAsync(times: 2);
        output.Broken = full;
        lines.Write("lost at the end", isWanted: false);
        lines.Write("lost at the end too", isWanted: false);
        await lines.DisposeAsync();

        Assert.That(Lines(output), Is.EqualTo(["written", Lost(2), "written again", Lost(1)]));
        Assert.That(log.Events.Select(logged => logged.Name), Is.EqualTo(["JobLinesNotWritten", "JobLinesNotWritten", "JobLinesNotWritten", "JobLinesLost"]));
        Assert.That(log.Events[^1].Text, Does.StartWith("2 lines of the jobs"));

        static string Lost(int lines) => $"[DELPHI JOB --------] WARNING: {lines} lines were not written, since writing failed: No space left on device : '/dev/full'";
    }

    private static async Task AdvanceAsync(FakeTimeProvider time, Func<bool> until)
    {
        while (!until())
        {
            time.Advance(JobLines.StopGrace);
            await Task.Yield();
        }
    }

    private static List<string> Lines(RecordingStream output) => [.. string.Concat(output.Pieces).Split(Environment.NewLine)[..^1]];

    /// <summary>Standard output, whose reader may have stopped, or whose disk may be full.</summary>
    private sealed class RecordingStream : MemoryStream
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _failed = new(0);
        private readonly SemaphoreSlim _written = new(0);

        public List<string> Pieces { get; } = [];

        public bool IsStuck { get; init; }

        public Stream? Broken { get; set; }

        public Task Began => _began.Task;

        public void LetGo() => _go.SetResult();

        /// <summary>Waits until so many more pieces were taken.</summary>
        public Task WrittenAsync(int times) => WaitAsync(_written, times);

        /// <summary>Waits until so many more writes failed.</summary>
        public Task FailedAsync(int times) => WaitAsync(_failed, times);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _began.TrySetResult();
            if (IsStuck)
                await _go.Task;
            if (Broken is { } broken)
                await FailAsync(broken, buffer);
            Pieces.Add(Encoding.UTF8.GetString(buffer.Span));
            _written.Release();
        }

        protected override void Dispose(bool disposing)
        {
            _failed.Dispose();
            _written.Dispose();
            base.Dispose(disposing);
        }

        private static async Task WaitAsync(SemaphoreSlim signal, int times)
        {
            for (var i = 0; i < times; i++)
                Assert.That(await signal.WaitAsync(TimeSpan.FromSeconds(30)), Is.True);
        }

        private async Task FailAsync(Stream broken, ReadOnlyMemory<byte> buffer)
        {
            try
            {
                await broken.WriteAsync(buffer);
            }
            finally
            {
                _failed.Release();
            }
        }
    }
}
