using DelphiRunner.Engine.Polling;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests.Polling;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SkipListTests
{
    private readonly FakeTimeProvider _time = new(Rows.Noon);

    [Test]
    public void A_lost_row_is_left_out_for_a_while_and_then_tried_again()
    {
        var list = new SkipList(TimeSpan.FromSeconds(2), int.MaxValue, _time);
        list.Add("a");

        Assert.That(list.Current(), Is.EquivalentTo(new[] { "a" }));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(list.Current(), Is.Empty);
        Assert.That(list.HasRetries, Is.True);
    }

    [Test]
    public void A_row_that_was_lost_too_often_is_left_out_for_good()
    {
        var list = new SkipList(TimeSpan.FromSeconds(2), 3, _time);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            list.Add("a");
        }

        _time.Advance(TimeSpan.FromHours(1));
        list.Forget();

        Assert.That(list.Current(), Is.EquivalentTo(new[] { "a" }));
        Assert.That(list.HasRetries, Is.False);
    }

    [Test]
    public void Old_entries_are_forgotten()
    {
        var list = new SkipList(TimeSpan.FromSeconds(2), int.MaxValue, _time);
        list.Add("a");
        _time.Advance(TimeSpan.FromSeconds(21));

        list.Forget();

        Assert.That(list.Count, Is.Zero);
    }
}
