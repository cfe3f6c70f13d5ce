using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using static DelphiRunner.Engine.Tests.Rows;

namespace DelphiRunner.Engine.Tests.Polling;

internal sealed class HostShareTests
{
    private static readonly JobRow[] Held =
    [
        Stores.Jobs.Pending("a", ("worker_id", Stores.Jobs.S("w2")), ("claim_id", Stores.Jobs.S("1"))),
        Stores.Jobs.Pending("b", ("worker_id", Stores.Jobs.S("w3")), ("claim_id", Stores.Jobs.S("2"))),
        Stores.Jobs.Pending("c", ("worker_id", Stores.Jobs.S("python"))),
    ];

    [Test]
    public void Each_job_falls_to_exactly_one_of_the_hosts_that_hold_rows()
    {
        var shares = new[] { "w1", "w2", "w3" }.Select(worker => HostShare.Among([.. Held, Stores.Jobs.Pending("d", ("worker_id", Stores.Jobs.S("w1")), ("claim_id", Stores.Jobs.S("3")))], worker)).ToList();

        var holders = Enumerable.Range(0, 300).Select(number => shares.Count(share => share.Holds($"job-{number}"))).ToList();

        Assert.That(shares.Select(share => share.Hosts), Is.All.EqualTo(3), "a poller without claims of ours takes no share");
        Assert.That(holders, Is.All.EqualTo(1));
    }

    [Test]
    public void A_host_alone_holds_everything() => Assert.That(HostShare.Among([], "w1").Holds("job"));

    [Test]
    public void A_hosts_own_share_comes_first_within_one_priority_and_never_before_a_higher_one()
    {
        var share = HostShare.Among(Held, "w1");
        var pending = Enumerable.Range(0, 60)
            .Select(number => Stores.Jobs.Pending($"job-{number}", ("priority", Stores.Jobs.N(number < 30 ? "90" : "10")), ("created_at", Stores.Jobs.S(Noon)))).ToList();

        var order = CandidateOrder.Of(new JobCandidates { Pending = pending, DueRechecks = [], Processing = [] }, [], Noon, share).ToList();

        Assert.That(order.Select(row => row.Priority), Is.Ordered.Descending);
        foreach (var run in order.GroupBy(row => row.Priority))
        {
            Assert.That(run.Select(row => share.Holds(row.Id)), Is.Ordered.Descending);
        }
    }
}
