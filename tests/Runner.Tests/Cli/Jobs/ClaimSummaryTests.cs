using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Runner.Cli.Jobs;

namespace DelphiRunner.Runner.Tests.Cli.Jobs;

public sealed class ClaimSummaryTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [TestCase("PENDING", "", "", "", "", "due", "due")]
    [TestCase("PENDING", "", "", "", "2026-01-31T12:10:00Z", "waiting", "due in 10m")]
    [TestCase("AWAITING_RECHECK", "", "", "", "2026-01-31T11:59:00Z", "due", "due")]
    [TestCase("PROCESSING", "w1", "c1", "2026-01-31T12:15:00.000000+00:00", "", "held", "held by w1, lock for 15m")]
    [TestCase("PROCESSING", "w1", "", "2026-01-31T12:15:00.000000", "", "held", "held by w1, not one of ours, lock for 15m")]
    [TestCase("PROCESSING", "w1", "", "2026-01-28T12:00:00Z", "", "lock_expired", "held by w1, not one of ours, lock over since 3d")]
    [TestCase("PROCESSING", "none", "", "", "", "no_lock", "held by nobody, not one of ours, no lock")]
    [TestCase("PROCESSING", "w1", "c1", "soon", "", "unreadable_lock", "held by w1, lock 'soon' is no time")]
    [TestCase("COMPLETED", "w1", "", "2026-01-28T12:00:00Z", "", "ended", "")]
    [TestCase("FAILED", "", "", "", "", "ended", "")]
    [TestCase("CANCELLED", "", "", "", "", "unknown", "no runner takes this status")]
    [TestCase("", "", "", "", "", "unknown", "no runner takes this status")]
    public void A_row_says_who_holds_it_or_when_it_can_be_taken(
        string status, string worker, string claim, string lockText, string notBefore, string state, string text)
    {
        var row = new JobRow(new Dictionary<string, RowValue>
        {
            [JobAttributes.Status] = RowValue.OfText(status),
            [JobAttributes.WorkerId] = RowValue.OfText(worker),
            [JobAttributes.ClaimId] = RowValue.OfText(claim),
            [JobAttributes.LockExpiresAt] = RowValue.OfText(lockText),
            [JobAttributes.NotBefore] = RowValue.OfText(notBefore),
        });

        Assert.That(ClaimSummary.Of(row, Now), Is.EqualTo(new ClaimSummary(state, text)));
    }

    [TestCase(-5, "0s")]
    [TestCase(0.9, "0s")]
    [TestCase(119, "119s")]
    [TestCase(120, "2m")]
    [TestCase(7199, "119m")]
    [TestCase(7200, "2h")]
    [TestCase(172_800, "2d")]
    public void An_age_is_told_in_one_unit(double seconds, string text)
    {
        Assert.That(Ages.Of(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));
    }
}
