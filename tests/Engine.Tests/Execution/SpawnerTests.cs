using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine.Tests.Execution;

[TestFixture]
public sealed class SpawnerTests
{
    [Test]
    public async Task All_starts_happen_on_few_threads_that_are_not_of_the_pool()
    {
        using var spawner = new Spawner();

        var threads = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ =>
            Task.Run(() => spawner.StartAsync(() => (Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread)))));

        Assert.That(threads.Distinct().Count(), Is.InRange(1, Spawner.Threads));
        Assert.That(threads.Select(thread => thread.IsThreadPoolThread), Is.All.False);
    }

    [Test]
    public async Task A_start_that_fails_does_not_end_the_thread()
    {
        using var spawner = new Spawner();

        Assert.That(() => spawner.StartAsync<int>(() => throw new InvalidOperationException("no")), Throws.InvalidOperationException);
        Assert.That(await spawner.StartAsync(() => 5), Is.EqualTo(5));
    }

    [Test]
    public void After_the_end_nothing_is_started()
    {
        var spawner = new Spawner();
        spawner.Dispose();
        spawner.Dispose();

        Assert.That(() => spawner.StartAsync(() => 5), Throws.InstanceOf<ObjectDisposedException>());
    }
}
