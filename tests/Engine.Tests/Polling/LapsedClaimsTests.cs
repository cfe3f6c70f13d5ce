using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Time.Testing;
using static DelphiRunner.Engine.Tests.Rows;

namespace DelphiRunner.Engine.Tests.Polling;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LapsedClaimsTests
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    private readonly FakeTimeProvider _time = new(Noon);

    [Test]
    public void A_claim_of_ours_lapses_only_after_a_whole_length_without_a_change_whatever_its_lock_says()
    {
        var lapsed = new LapsedClaims(Length, _time);
        var row = Ours("c1", Noon - TimeSpan.FromDays(300));

        Assert.That(lapsed.Judge([row]), Is.Empty, "at first sight");
        _time.Advance(Length - TimeSpan.FromSeconds(1));
        Assert.That(lapsed.Judge([row]), Is.Empty, "just before");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(lapsed.Judge([row]), Is.EqualTo(new[] { row }), "after the length");
    }

    [Test]
    public void A_renewal_starts_the_observation_anew()
    {
        var lapsed = new LapsedClaims(Length, _time);
        lapsed.Judge([Ours("c1", Noon)]);
        _time.Advance(Length);

        Assert.That(lapsed.Judge([Ours("c1", Noon + TimeSpan.FromSeconds(40))]), Is.Empty);
    }

    [Test]
    public void A_row_that_was_not_listed_for_a_while_keeps_its_observation()
    {
        var lapsed = new LapsedClaims(Length, _time);
        var row = Ours("c1", Noon);
        lapsed.Judge([row]);
        _time.Advance(TimeSpan.FromMinutes(1));
        lapsed.Judge([]);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(lapsed.Judge([row]), Has.Count.EqualTo(1));
    }

    [TestCase(-20, -20, true, TestName = "A_foreign_row_lapses_when_its_lock_is_over_and_nothing_was_written")]
    [TestCase(-20, -5, false, TestName = "A_foreign_row_that_still_writes_its_log_is_alive")]
    [TestCase(5, -20, false, TestName = "A_foreign_row_with_a_live_lock_is_left_alone")]
    [TestCase(-0.5, -20, false, TestName = "A_foreign_lock_gets_a_margin_for_clocks_that_differ")]
    public void Foreign_rows_lapse_by_their_own_rules(double lockMinutes, double updatedMinutes, bool isLapsed)
    {
        var row = Row(
            "f",
            JobStatuses.Processing,
            At(JobAttributes.LockExpiresAt, Noon.AddMinutes(lockMinutes)),
            At(JobAttributes.UpdatedAt, Noon.AddMinutes(updatedMinutes)));

        Assert.That(new LapsedClaims(Length, _time).Judge([row]), Has.Count.EqualTo(isLapsed ? 1 : 0));
    }

    [TestCase("python-poller", 0)]
    [TestCase("dead-host", 1)]
    public void A_row_that_a_foreign_poller_took_over_from_one_of_our_hosts_is_foreign(string holder, int expected)
    {
        var lapsed = new LapsedClaims(Length, _time);
        var row = Row(
            "f",
            JobStatuses.Processing,
            S(JobAttributes.ClaimId, ClaimIds.New("dead-host")),
            S(JobAttributes.WorkerId, holder),
            At(JobAttributes.LockExpiresAt, Noon.AddMinutes(15)));
        lapsed.Judge([row]);
        _time.Advance(Length);

        Assert.That(lapsed.Judge([row]), Has.Count.EqualTo(expected));
    }

    [TestCase(null)]
    [TestCase("soon")]
    public void A_foreign_row_without_a_readable_lock_is_left_to_a_person(string? lockText)
    {
        var row = lockText is null
            ? Row("f", JobStatuses.Processing, At(JobAttributes.UpdatedAt, Noon.AddDays(-1)))
            : Row("f", JobStatuses.Processing, S(JobAttributes.LockExpiresAt, lockText), At(JobAttributes.UpdatedAt, Noon.AddDays(-1)));

        Assert.That(new LapsedClaims(Length, _time).Judge([row]), Is.Empty);
    }

    private static JobRow Ours(string claimId, DateTimeOffset lockEnd) =>
        Row("o", JobStatuses.Processing, S(JobAttributes.ClaimId, claimId), At(JobAttributes.LockExpiresAt, lockEnd));
}
