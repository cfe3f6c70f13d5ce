using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

[TestFixture]
internal sealed class ChangeWatchTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private TemporaryFolder _folder = null!; // Set before each test.

    private string Database => _folder["queue.db"];

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Delete();

    [Test]
    public async Task A_job_that_another_process_submits_ends_the_wait_at_once()
    {
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        await store.ProbeAsync(None);
        using var other = StoreProcess.Start("submit", Database);
        Assert.That(await other.ReadLineAsync(), Is.EqualTo("ready"));
        await store.WaitForChangeAsync(TimeSpan.FromMilliseconds(1), None);
        var late = new List<double>();
        for (var number = 0; number < 30; number++)
        {
            var waiting = store.WaitForChangeAsync(TimeSpan.FromMinutes(5), None);
            await other.WriteLineAsync($"job-{number}");
            Assert.That(await other.ReadLineAsync(), Is.EqualTo($"created job-{number}"));
            var since = TimeProvider.System.GetTimestamp();
            await waiting.WaitAsync(StoreProcess.Patience, None);
            late.Add(TimeProvider.System.GetElapsedTime(since).TotalMilliseconds);
            Assert.That(await store.GetAsync($"job-{number}", None), Is.Not.Null);
        }

        late.Sort();
        await TestContext.Out.WriteLineAsync($"woken after the acknowledgement: p50 {late[15]:F2} ms, longest {late[^1]:F2} ms");
        Assert.That(late[15], Is.LessThan(100));
    }

    [Test]
    public async Task A_commit_between_two_waits_ends_the_second_at_once()
    {
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        await using var other = new SqliteJobStore(Database, TimeProvider.System);
        await store.WaitForChangeAsync(TimeSpan.FromMilliseconds(1), None);
        await other.CreateAsync(Jobs.Pending("job"), None);

        await store.WaitForChangeAsync(TimeSpan.FromHours(1), None).WaitAsync(StoreProcess.Patience, None);

        Assert.That(await store.GetAsync("job", None), Is.Not.Null);
    }

    [Test]
    public async Task A_finish_of_this_process_does_not_end_the_wait()
    {
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        await store.CreateAsync(Jobs.Pending("job"), None);
        await store.WaitForChangeAsync(TimeSpan.FromMilliseconds(1), None);
        using var stop = new CancellationTokenSource();
        var waiting = store.WaitForChangeAsync(TimeSpan.FromHours(1), stop.Token);

        var claimed = await store.ClaimAsync(Jobs.Request((await store.GetAsync("job", None))!), None);
        await store.FinishAsync(claimed!.Claim, Jobs.Finish(), None);
        await store.ProbeAsync(None);

        Assert.That(waiting.IsCompleted, Is.False);
        await stop.CancelAsync();
        await Assert.ThatAsync(() => waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_wait_on_a_broken_file_raises()
    {
        await File.WriteAllTextAsync(Database, new string('?', 10_000));
        await using var store = new SqliteJobStore(Database, TimeProvider.System);

        await Assert.ThatAsync(() => store.WaitForChangeAsync(TimeSpan.FromHours(1), None), Throws.TypeOf<StoreException>());
    }
}
