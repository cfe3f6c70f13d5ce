using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using static DelphiRunner.Engine.Tests.Rows;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class CandidateOrderTests
{
    [Test]
    public void Pending_jobs_come_before_rechecks_that_have_just_become_due()
    {
        var candidates = Candidates(["p1", "p2"], [("r1", Noon - TimeSpan.FromSeconds(1))]);

        var order = CandidateOrder.Of(candidates, [], Noon, share: null).Select(row => row.Id);

        Assert.That(order, Is.EqualTo(new[] { "p1", "p2", "r1" }));
    }

    [Test]
    public void A_recheck_that_has_waited_long_takes_turns_with_pending_jobs()
    {
        var candidates = Candidates(["p1", "p2", "p3"], [("r1", Noon - TimeSpan.FromMinutes(2)), ("r2", Noon - TimeSpan.FromSeconds(2))]);

        var order = CandidateOrder.Of(candidates, [], Noon, share: null).Select(row => row.Id);

        Assert.That(order, Is.EqualTo(new[] { "p1", "r1", "p2", "p3", "r2" }));
    }

    [Test]
    public void An_abandoned_job_takes_turns_with_pending_ones()
    {
        var candidates = Candidates(["p1", "p2"], []);

        var order = CandidateOrder.Of(candidates, [Row("o1", JobStatuses.Processing)], Noon, share: null).Select(row => row.Id);

        Assert.That(order, Is.EqualTo(new[] { "p1", "o1", "p2" }));
    }

    private static JobCandidates Candidates(string[] pending, (string Id, DateTimeOffset Due)[] rechecks) => new()
    {
        Pending = [.. pending.Select(id => Row(id, JobStatuses.Pending))],
        DueRechecks = [.. rechecks.Select(recheck => Row(recheck.Id, JobStatuses.AwaitingRecheck, At(JobAttributes.NotBefore, recheck.Due)))],
        Processing = [],
    };
}
