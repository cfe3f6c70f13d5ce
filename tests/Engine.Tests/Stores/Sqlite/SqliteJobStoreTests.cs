using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

[TestFixture]
internal sealed class SqliteJobStoreTests : JobStoreContract
{
    private TemporaryFolder _folder = null!; // Set with the store of each test.

    private string Database => _folder["state/queue.db"];

    [Test]
    public async Task The_file_and_its_folder_are_created_by_the_first_call()
    {
        Assert.That(Directory.Exists(_folder["state"]), Is.False);

        var page = await Store.ListAsync(new JobFilter(), None);

        Assert.That(page.Rows, Is.Empty);
        Assert.That(File.Exists(Database));
        Assert.That(Store.Name, Is.EqualTo($"sqlite {Database}"));
    }

    [Test]
    public async Task Rows_are_there_after_the_store_was_closed_and_opened_again()
    {
        await CreateAllAsync(Jobs.Pending("job"));
        await Store.DisposeAsync();

        await using var again = await ReopenAsync(Time);

        Assert.That((await again.GetAsync("job", None))?.Attributes, Is.EquivalentTo(Jobs.Pending("job").Attributes));
    }

    [Test]
    public async Task Two_open_stores_of_one_file_see_and_respect_each_others_writes()
    {
        await using var other = await ReopenAsync(Time);
        await Store.CreateAsync(Jobs.Pending("job"), None);
        var seen = (await other.GetAsync("job", None))!;

        var claims = await Task.WhenAll(Store.ClaimAsync(Jobs.Request(seen, "worker-1"), None), other.ClaimAsync(Jobs.Request(seen, "worker-2"), None));

        Assert.That(claims.Count(claimed => claimed is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task Many_hosts_that_open_a_new_file_at_once_all_succeed()
    {
        var stores = Enumerable.Range(0, 8).Select(_ => new SqliteJobStore(Database, Time)).ToList();

        await Task.WhenAll(stores.Select((store, number) => Task.Run(() => store.CreateAsync(Jobs.Pending($"job-{number}"), None))));

        Assert.That((await Store.ListAsync(new JobFilter(), None)).Rows, Has.Count.EqualTo(8));
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Test]
    public async Task A_write_that_cannot_be_stored_fails_alone_and_the_others_of_its_group_are_stored()
    {
        await Store.ProbeAsync(None);
        using (var connection = new SqliteFile(Database).Open())
        using (var trigger = new Statement(
            connection,
            "CREATE TRIGGER refuse BEFORE INSERT ON jobs WHEN NEW.job_id = 'refused' BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END"))
        {
            trigger.Run();
        }

        var writes = Enumerable.Range(0, 20).Select(number => Store.CreateAsync(Jobs.Pending($"job-{number}"), None)).ToList();
        var failing = Store.CreateAsync(Jobs.Pending("refused"), None);
        writes.AddRange(Enumerable.Range(20, 20).Select(number => Store.CreateAsync(Jobs.Pending($"job-{number}"), None)));

        await Assert.ThatAsync(() => failing, Throws.TypeOf<StoreException>().With.Message.Contains("not this one"));
        Assert.That(await Task.WhenAll(writes), Is.All.True);
        Assert.That((await Store.ListAsync(new JobFilter(), None)).Rows, Has.Count.EqualTo(40));
    }

    [Test]
    public async Task A_closed_store_takes_no_calls_and_has_answered_all_before()
    {
        var writes = Enumerable.Range(0, 50).Select(number => Store.CreateAsync(Jobs.Pending($"job-{number}"), None)).ToList();
        await Store.DisposeAsync();

        Assert.That(await Task.WhenAll(writes), Is.All.True);
        await Assert.ThatAsync(() => Store.CreateAsync(Jobs.Pending("late"), None), Throws.TypeOf<ObjectDisposedException>());
        await Assert.ThatAsync(() => Store.GetAsync("late", None), Throws.TypeOf<ObjectDisposedException>());
        await Assert.ThatAsync(() => Store.WaitForChangeAsync(TimeSpan.Zero, None), Throws.TypeOf<ObjectDisposedException>());
    }

    protected override Task<IJobStore> CreateStoreAsync(TimeProvider time)
    {
        _folder = new TemporaryFolder();
        return ReopenAsync(time);
    }

    protected override Task<IJobStore> ReopenAsync(TimeProvider time) => Task.FromResult<IJobStore>(new SqliteJobStore(Database, time));

    protected override IJobStore CreateBrokenStore(TimeProvider time)
    {
        File.WriteAllText(_folder["broken.db"], new string('?', 10_000));
        return new SqliteJobStore(_folder["broken.db"], time);
    }

    protected override async Task ForeignWriteAsync(string jobId, params (string Name, RowValue? Value)[] changes)
    {
        var row = (await GetAsync(jobId)).With(changes.Select(change => KeyValuePair.Create(change.Name, change.Value)));
        await ForeignDeleteAsync(jobId);
        using var connection = new SqliteFile(Database).Open();
        using var create = new Statement(connection, WriteSql.Create);
        new EncodedRow(row).Bind(create).Run();
    }

    protected override Task ForeignDeleteAsync(string jobId)
    {
        using var connection = new SqliteFile(Database).Open();
        using var delete = new Statement(connection, "DELETE FROM jobs WHERE job_id = ?1");
        delete.Bind(1, StoredValue.OfText(jobId)).Run();
        return Task.CompletedTask;
    }

    protected override Task CleanUpAsync()
    {
        _folder.Delete();
        return Task.CompletedTask;
    }
}
