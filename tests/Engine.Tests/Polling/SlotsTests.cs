using DelphiRunner.Engine.Polling;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class SlotsTests
{
    [Test]
    public void No_more_slots_are_given_than_there_are()
    {
        var slots = new Slots(2, new Dictionary<string, int>());

        Assert.That(Enumerable.Range(0, 3).Select(_ => slots.TryTake("A")), Is.EqualTo(new[] { true, true, false }));
        Assert.That(slots.Free, Is.Zero);
    }

    [Test]
    public void A_job_type_with_a_limit_leaves_the_other_slots_to_others()
    {
        var slots = new Slots(3, new Dictionary<string, int> { ["A"] = 1 });

        Assert.That(slots.TryTake("A"), Is.True);
        Assert.That(slots.HasRoomFor("A"), Is.False);
        Assert.That(slots.TryTake("A"), Is.False);
        Assert.That(slots.TryTake("B"), Is.True);
        slots.GiveBack("A");
        Assert.That(slots.TryTake("A"), Is.True);
    }

    [Test]
    public async Task Who_waits_for_a_slot_is_told_of_one_that_was_freed_after_it_looked()
    {
        var slots = new Slots(1, new Dictionary<string, int>());
        slots.TryTake("A");
        var freed = slots.Freed;

        slots.GiveBack("A");

        await freed.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(slots.Freed.IsCompleted, Is.False);
    }

    [Test]
    public void Many_threads_never_hold_more_than_the_limit()
    {
        var slots = new Slots(3, new Dictionary<string, int>());
        var held = 0;
        var most = 0;

        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            if (slots.TryTake("A"))
            {
                var now = Interlocked.Increment(ref held);
                InterlockedMax(ref most, now);
                Interlocked.Decrement(ref held);
                slots.GiveBack("A");
            }
        });

        Assert.That(most, Is.InRange(1, 3));
        Assert.That(slots.Taken, Is.Zero);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
