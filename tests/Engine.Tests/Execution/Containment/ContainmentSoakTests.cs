using System.Diagnostics;
using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>Many hostile and many quiet children at once.</summary>
[Category("Soak")]
[Platform("Linux")]
public sealed class ContainmentSoakTests
{
    private const int Attempts = 200;
    private const int Slots = 8;
    private const int QuietJobs = 40;

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    // Each with the codes that it may end with by itself, and those of the signals.
    private static readonly (string[] Command, int[] Codes)[] Corpus =
    [
        (["ignore-term"], []),
        (["escape"], [0]),
        (["escape-unmarked"], [0]),
        (["daemonize"], [0]),
        (["hold-pipe", "300"], [0]),
        (["leave-behind"], [5]),
        (["stop-itself"], []),
        (["close-outputs", "19"], [19]),
        (["exit", "42"], [42]),
        (["zombies"], []),
        (["burn-cpu"], []),
        (["partial-line", "begun"], []),
        (["trap-term", "17"], [17]),
    ];

    [TestCaseSource(typeof(Rungs), nameof(Rungs.WithNamespace))]
    public async Task Nothing_of_two_hundred_hostile_attempts_is_left_and_the_host_is_as_before(string rung)
    {
        var seed = Environment.TickCount;
        await TestContext.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"The children come from seed {seed}."));
        var random = new Random(seed);
        var members = Enumerable.Range(0, Attempts).Select(_ => Corpus[random.Next(Corpus.Length)]).ToList();
        await RunAllAsync(rung, members[..Slots]);
        var (memory, descriptors) = (UsedMemory(), OpenDescriptors());

        await RunAllAsync(rung, members);

        Assert.That(UsedMemory() - memory, Is.LessThan(64L << 20));
        Assert.That(OpenDescriptors(), Is.LessThanOrEqualTo(descriptors + 5));
    }

    [Test]
    public async Task No_quiet_command_of_a_busy_host_is_killed()
    {
        // Each rung has another parent-death signal; a cgroup changes nothing about it.
        var attempts = Rungs.OfThisMachine.Where(rung => rung is Rungs.Namespace or Rungs.Session).Select(rung => new Attempt(rung) { TimeLimit = TimeSpan.FromMinutes(3) }).ToList();
        using var over = new CancellationTokenSource();
        // Threads of the pool come and go while the children live.
        var busy = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Thread.Sleep(5))));
                await Task.Delay(TimeSpan.FromMilliseconds(500));
            }
        });

        var runs = await Task.WhenAll(attempts.SelectMany(attempt => Enumerable.Range(0, QuietJobs).Select(_ => Task.Run(() => attempt.RunAsync(attempt.Approve("/bin/sleep", "60"))))));
        await over.CancelAsync();
        await busy;
        attempts.ForEach(attempt => attempt.Dispose());

        Assert.That(runs.Select(run => (run.Result.End, run.Result.ExitCode)), Is.All.EqualTo((ProcessEnd.Exited, 0)));
        Assert.That(runs.Select(run => run.ExitConfirmed), Is.All.True);
    }

    private static Task RunAllAsync(string rung, IEnumerable<(string[] Command, int[] Codes)> members) =>
        Parallel.ForEachAsync(members, new ParallelOptions { MaxDegreeOfParallelism = Slots }, async (member, _) => await RunAsync(rung, member.Command, member.Codes));

    private static async Task RunAsync(string rung, string[] command, int[] codes)
    {
        using var attempt = new Attempt(rung) { TimeLimit = TimeSpan.FromSeconds(2), Stop = new StopOptions { Grace = Grace } };

        var run = await attempt.RunChildAsync(command);

        // From the end of the run, which comes after the grace.
        var watch = Stopwatch.StartNew();
        while (Survivors.With(attempt.Fence) is { Count: > 0 } left)
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)), string.Join('\n', left));
        Assert.That(run.ExitConfirmed, Is.True, $"{command[0]}: {run.ExitProof}");
        var isTruthful = run.Result.End == ProcessEnd.Exited
            ? codes.Contains(run.Result.ExitCode)
            : run.Result.ExitCode is 128 + Signals.Term or 128 + Signals.Kill || codes.Contains(run.Result.ExitCode);
        Assert.That(isTruthful, Is.True, $"{command[0]}: {run.Result.End} with {run.Result.ExitCode}");
    }

    private static long UsedMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        return Process.GetCurrentProcess().WorkingSet64;
    }

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;
}
