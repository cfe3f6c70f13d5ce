using System.Diagnostics;
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

    [TestCase(10, 5, 15)]
    [TestCase(18, 5, 19)]
    [TestCase(0, 5, 5)]
    [Platform("Linux")]
    public async Task The_priority_of_children_is_lower_than_the_hosts(int ofHost, int nice, int expected)
    {
        using var spawner = new Spawner(nice);
        var seen = new TaskCompletionSource<Task<string>>();
        // A thread hands its priority on to those that it starts.
        var host = new Thread(() =>
        {
            Inheritance.LowerPriority(ofHost);
            seen.SetResult(spawner.StartAsync(Ask));
        });
        host.Start();

        Assert.That(await await seen.Task, Is.EqualTo($"{expected}"));

        static string Ask()
        {
            using var process = Process.Start(new ProcessStartInfo("nice") { RedirectStandardOutput = true })!;
            return process.StandardOutput.ReadToEnd().Trim();
        }
    }
}
