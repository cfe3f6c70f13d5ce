using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Time.Testing;
using static DelphiRunner.Engine.Tests.Rows;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class HostShareTests
{
    [Test]
    public void Each_job_falls_to_exactly_one_of_the_hosts()
    {
        var shares = new[] { "w1", "w2", "w3" }.Select(worker => HostShare.Among(["w3", "w2", "w1"], worker)).ToList();

        var holders = Enumerable.Range(0, 300).Select(number => shares.Count(share => share.Holds($"job-{number}"))).ToList();

        Assert.That(shares.Select(share => share.Hosts), Is.All.EqualTo(3));
        Assert.That(holders, Is.All.EqualTo(1));
    }

    [Test]
    public void A_host_alone_holds_everything() => Assert.That(HostShare.Among([], "w1").Holds("job"));

    [Test]
    public void A_worker_that_holds_nothing_any_more_counts_for_a_while_and_a_poller_without_claims_of_ours_never()
    {
        var time = new FakeTimeProvider();
        var workers = new KnownWorkers("w1", time);
        var hosts = new List<int> { workers.See([Held("a", "w2", "1"), Held("b", "w3", "2"), Held("c", "python", null)]).Hosts };

        time.Advance(KnownWorkers.Memory);
        hosts.Add(workers.See([Held("b", "w3", "2"), Held("d", "w1", "3")]).Hosts);
        time.Advance(TimeSpan.FromMilliseconds(1));
        hosts.Add(workers.See([]).Hosts);
        time.Advance(KnownWorkers.Memory);
        hosts.Add(workers.See([]).Hosts);

        Assert.That(hosts, Is.EqualTo(new[] { 3, 3, 2, 1 }));
    }

    [Test]
    public void A_hosts_own_share_comes_first_within_one_priority_and_never_before_a_higher_one()
    {
        var share = HostShare.Among(["w2", "w3"], "w1");
        var pending = Enumerable.Range(0, 60)
            .Select(number => Stores.Jobs.Pending($"job-{number}", ("priority", Stores.Jobs.N(number < 30 ? "90" : "10")), ("created_at", Stores.Jobs.S(Noon)))).ToList();

        var order = CandidateOrder.Of(new JobCandidates { Pending = pending, DueRechecks = [], Processing = [] }, [], Noon, share).ToList();

        Assert.That(order.Select(row => row.Priority), Is.Ordered.Descending);
        foreach (var run in order.GroupBy(row => row.Priority))
        {
            Assert.That(run.Select(row => share.Holds(row.Id)), Is.Ordered.Descending);
        }
    }

    private static JobRow Held(string id, string workerId, string? claimId) => claimId is null
        ? Stores.Jobs.Pending(id, ("worker_id", Stores.Jobs.S(workerId)))
        : Stores.Jobs.Pending(id, ("worker_id", Stores.Jobs.S(workerId)), ("claim_id", Stores.Jobs.S(claimId)));
}
