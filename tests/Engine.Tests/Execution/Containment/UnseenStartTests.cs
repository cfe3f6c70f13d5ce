namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>A host that has no descriptor left when a command was just started cannot hold it, but has to end it and to tell of it.</summary>
[TestFixtureSource(typeof(Rungs), nameof(Rungs.OfThisMachine))]
[Platform("Linux")]
public sealed class UnseenStartTests(string rung)
{
    [Test]
    public async Task What_was_started_and_could_not_be_looked_at_is_ended_and_its_end_is_not_confirmed()
    {
        using var attempt = new Attempt(rung);
        // Loads what a start needs of the runtime, whose files are not to be seen then either.
        await attempt.RunAsync(attempt.Approve("/bin/true"));
        var command = attempt.Approve("/bin/sh", "-c", "sleep 300 & exec sleep 300");
        using var blindfold = await Blindfold.PutOnThreadsAsync(ThreadsThatStart());

        var run = await attempt.RunAsync(command);
        await blindfold.TakeOffAsync();

        Assert.That(run.Fault, Is.InstanceOf<IOException>());
        Assert.That(run.ExitConfirmed, Is.False, run.ExitProof);
        Assert.That(run.MayStillRun, Is.True);
        Assert.That(Survivors.With(attempt.Fence), Is.Empty);
    }

    private static List<int> ThreadsThatStart() =>
    [
        .. Directory.EnumerateDirectories("/proc/self/task")
            .Where(task => File.ReadAllText(Path.Combine(task, "comm")).StartsWith("spawner", StringComparison.Ordinal))
            .Select(task => int.Parse(Path.GetFileName(task), null)),
    ];
}
