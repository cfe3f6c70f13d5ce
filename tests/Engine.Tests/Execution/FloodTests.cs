using System.Globalization;
using System.Runtime.Versioning;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Tests.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>Children that write as much as they can. None waits for the host, and none costs it memory.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[NonParallelizable]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
public sealed class FloodTests(string rung)
{
    private const int MostMemory = 64 * 1024 * 1024;
    private const long SpoolBytes = 64 * 1024 * 1024;

    [Test]
    public async Task One_line_of_400_MB_costs_no_memory_and_what_is_dropped_is_said()
    {
        const int Length = 400_000_000;
        using var attempt = new Attempt(rung) { Secrets = { ["TOKEN"] = "s3cr3t/+\"value" } };
        await attempt.RunChildAsync("long-line", "1000000");
        using var memory = new MemoryWatch();

        var run = await attempt.RunChildAsync("long-line", Length.ToString(CultureInfo.InvariantCulture));

        AssertEndedByItself(run.Result);
        Assert.That(memory.Stop(), Is.LessThan(MostMemory));
        Assert.That(attempt.Lines[^1], Is.EqualTo(new string('x', 8192) + " [cut: the line has 400,000,000 bytes]"));
        Assert.That(run.Result.LastLines, Is.EqualTo(attempt.Lines.TakeLast(1)));
        Assert.That(run.Result.OutputBytes, Is.EqualTo(Length));
        Assert.That(run.Result.OutputLines, Is.EqualTo(1));
        AssertSaysWhatIsNotSpooled(run.Notes, Length, attempt);
    }

    [TestCase(300_000_000)]
    [TestCase(2_000_000_000, Category = "Soak")]
    public async Task A_flood_costs_no_memory_and_what_is_dropped_is_said(int length)
    {
        // Beside the other soaks, and not optimized, 2 GB may take longer than a minute.
        using var attempt = new Attempt(rung) { ForgetsLines = true, TimeLimit = TimeSpan.FromMinutes(5), Secrets = { ["TOKEN"] = "s3cr3t/+\"value" } };
        await attempt.RunChildAsync("flood", "1000000");
        long lines = 0;
        attempt.OnLine = _ => lines++;
        using var memory = new MemoryWatch();

        var run = await attempt.RunChildAsync("flood", length.ToString(CultureInfo.InvariantCulture));

        AssertEndedByItself(run.Result);
        Assert.That(memory.Stop(), Is.LessThan(MostMemory));
        Assert.That(lines, Is.EqualTo(length / 100));
        Assert.That(run.Result.OutputLines, Is.EqualTo(lines));
        Assert.That(run.Result.OutputBytes, Is.EqualTo(length));
        Assert.That(run.Result.LastLines, Has.Count.EqualTo(attempt.Options.LastLines));
        AssertSaysWhatIsNotSpooled(run.Notes, length, attempt);
    }

    private static void AssertEndedByItself(ProcessResult result)
    {
        Assert.That(result.End, Is.EqualTo(ProcessEnd.Exited));
        Assert.That(result.ExitCode, Is.Zero);
    }

    private static void AssertSaysWhatIsNotSpooled(IReadOnlyList<string> notes, long length, Attempt attempt)
    {
        var kept = new FileInfo(attempt.SpoolPath).Length
            + Directory.GetFiles(attempt.State, "spool.log.tail-*").Sum(file => new FileInfo(file).Length);
        Assert.That(kept, Is.InRange(SpoolBytes * 3 / 4, SpoolBytes));
        Assert.That(notes, Is.EqualTo(new[]
        {
            string.Create(
                CultureInfo.InvariantCulture,
                $"{length - kept:N0} bytes in the middle of the output are not in the spool: it is limited to {SpoolBytes:N0} bytes by 'execution.max_spool_bytes'."),
        }));
    }

    /// <summary>Watches how far the memory of this process grows.</summary>
    private sealed class MemoryWatch : IDisposable
    {
        private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

        private readonly long _live = GC.GetTotalMemory(forceFullCollection: true);
        private readonly long _resident = Environment.WorkingSet;
        private readonly Timer _timer;
        private long _most;

        public MemoryWatch() => _timer = new Timer(_ => Look(), null, TimeSpan.Zero, Interval);

        /// <summary>The most bytes that the working set grew by at once, or the live objects in the end, whichever is more.</summary>
        public long Stop()
        {
            Look();
            return Math.Max(_most, GC.GetTotalMemory(forceFullCollection: true) - _live);
        }

        public void Dispose() => _timer.Dispose();

        private void Look()
        {
            var grown = Environment.WorkingSet - _resident;
            for (var most = Volatile.Read(ref _most); grown > most; most = Volatile.Read(ref _most))
                Interlocked.CompareExchange(ref _most, grown, most);
        }
    }
}
