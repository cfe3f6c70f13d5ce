using System.Collections.Concurrent;
using DelphiRunner.Engine.Stores;

namespace DelphiRunner.Engine.Tests.Stores;

[TestFixture]
internal sealed class FreshIdsTests
{
    [Test]
    public void No_id_comes_twice_from_whatever_thread()
    {
        var ids = new ConcurrentDictionary<Guid, bool>();

        Parallel.For(0, 20_000, _ => Assert.That(ids.TryAdd(FreshIds.New(), true), Is.True));

        Assert.That(ids, Has.Count.EqualTo(20_000));
    }

    [Test]
    public void An_id_is_a_random_one_by_its_form() =>
        Assert.That(
            Enumerable.Range(0, 200).Select(_ => FreshIds.New().ToString()),
            Is.All.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"));
}
