using DelphiRunner.Engine.Polling;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class TakenSlotTests
{
    [Test]
    public void A_slot_is_given_back_once_however_often_it_is_told_to()
    {
        var slots = new Slots(2, new Dictionary<string, int>());
        slots.TryTake("A");
        slots.TryTake("A");
        var slot = new TakenSlot(slots, "A");

        slot.GiveBack();
        slot.GiveBack();

        Assert.That(slots.Taken, Is.EqualTo(1));
    }

    [Test]
    public void A_slot_that_is_taken_again_after_another_job_got_it_keeps_the_next_job_out_until_both_have_ended()
    {
        var slots = new Slots(1, new Dictionary<string, int>());
        slots.TryTake("A");
        var slot = new TakenSlot(slots, "A");
        slot.GiveBack();
        slots.TryTake("A");

        slot.TakeAgain();
        slots.GiveBack("A");

        Assert.That(slots.TryTake("A"), Is.False);
        slot.GiveBack();
        Assert.That(slots.TryTake("A"), Is.True);
    }

    [Test]
    public async Task A_slot_whose_process_cannot_be_killed_stays_closed_until_it_is_gone()
    {
        var slots = new Slots(1, new Dictionary<string, int>());
        slots.TryTake("A");
        var slot = new TakenSlot(slots, "A");
        var gone = new TaskCompletionSource();
        slot.KeepUntil(gone.Task);

        slot.GiveBack();
        var taken = slots.Taken;
        var freed = slots.Freed;
        gone.SetResult();
        await freed.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.That(taken, Is.EqualTo(1));
        Assert.That(slots.Taken, Is.Zero);
    }

    [Test]
    public void A_slot_that_was_not_given_back_is_not_taken_again()
    {
        var slots = new Slots(2, new Dictionary<string, int>());
        slots.TryTake("A");

        new TakenSlot(slots, "A").TakeAgain();

        Assert.That(slots.Taken, Is.EqualTo(1));
    }
}
