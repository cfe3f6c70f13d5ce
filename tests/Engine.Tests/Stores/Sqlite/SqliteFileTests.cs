using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Sqlite;
using Microsoft.Data.Sqlite;
using NUnit.Framework.Constraints;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

[TestFixture]
internal sealed class SqliteFileTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private TemporaryFolder _folder = null!; // Set before each test.

    private string Database => _folder["queue.db"];

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Delete();

    [Test]
    public async Task A_file_that_is_no_database_is_refused_and_stays_as_it_is()
    {
        var text = string.Concat(Enumerable.Repeat("not a database\n", 1000));
        await File.WriteAllTextAsync(Database, text);

        await ExpectAsync("is not a SQLite database", "store.path");

        Assert.That(await File.ReadAllTextAsync(Database), Is.EqualTo(text));
    }

    [Test]
    public async Task A_database_of_another_application_is_refused_and_stays_as_it_is()
    {
        Execute("CREATE TABLE theirs (a)");
        var before = await File.ReadAllBytesAsync(Database);

        await ExpectAsync("belongs to another application", "store.path");

        Assert.That(await File.ReadAllBytesAsync(Database), Is.EqualTo(before));
    }

    [Test]
    public async Task A_newer_schema_is_refused()
    {
        await CreateDatabaseAsync();
        Execute("PRAGMA user_version = 2");

        await ExpectAsync("schema version 2", "newer program");
    }

    [Test]
    public void A_file_that_is_not_there_yet_is_opened_by_many_at_once()
    {
        const int Openers = 8;
        for (var round = 0; round < 60; round++)
        {
            var path = _folder[$"queue-{round}.db"];
            using var together = new Barrier(Openers);
            var failures = new ConcurrentQueue<Exception>();

            // A file of its own for each, as in processes of their own.
            var threads = Enumerable.Range(0, Openers).Select(_ => new Thread(() => OpenAndClose(path, together, failures))).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());

            Assert.That(failures, Is.Empty, $"round {round}");
        }
    }

    [Test]
    public async Task A_folder_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(Database);

        await ExpectAsync("is a folder", "store.path");
    }

    [Test]
    public async Task A_file_in_place_of_the_folder_is_refused()
    {
        await File.WriteAllTextAsync(_folder["file"], "");
        await using var store = new SqliteJobStore(_folder["file/queue.db"], TimeProvider.System);

        await Assert.ThatAsync(() => store.ProbeAsync(None), Throws.TypeOf<StoreException>().With.Message.Contains("cannot be created"));
    }

    [Test]
    public async Task A_damaged_database_raises_and_is_never_empty()
    {
        await CreateDatabaseAsync();
        await using (var file = File.OpenWrite(Database))
        {
            file.Seek(4096, SeekOrigin.Begin);
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, (int)file.Length - 4096).ToArray());
        }

        await using var store = new SqliteJobStore(Database, TimeProvider.System);

        await Assert.ThatAsync(() => store.ListAsync(new JobFilter(), None), Throws.TypeOf<StoreException>().With.Message.Contains("is damaged"));
        await Assert.ThatAsync(() => store.CreateAsync(Jobs.Pending("job"), None), Throws.TypeOf<StoreException>().With.Message.Contains("is damaged"));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Windows does not let an open file be deleted.")]
    public async Task A_file_that_was_deleted_while_it_is_open_takes_no_more_writes()
    {
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        await store.CreateAsync(Jobs.Pending("job"), None);
        File.Delete(Database);

        await Assert.ThatAsync(() => store.CreateAsync(Jobs.Pending("lost"), None), Throws.TypeOf<StoreException>().With.Message.Contains("moved, deleted or replaced"));
        await Assert.ThatAsync(() => store.ListCandidatesAsync(Jobs.Query(), None), Throws.TypeOf<StoreException>());
    }

    [Test]
    public async Task A_write_waits_for_the_write_of_another_process()
    {
        await CreateDatabaseAsync();
        using var other = new SqliteConnection($"Data Source={Database};Pooling=False");
        await other.OpenAsync();
        Run(other, "BEGIN IMMEDIATE");
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        Assert.That(await store.GetAsync("job", None), Is.Not.Null);

        var writing = store.CreateAsync(Jobs.Pending("waiting"), None);
        Run(other, "COMMIT");

        Assert.That(await writing);
    }

    [Test]
    [Platform("Linux")]
    [UnsupportedOSPlatform("windows")]
    public async Task A_read_only_file_is_refused()
    {
        await CreateDatabaseAsync();
        using var readOnly = ReadOnlyFile.TryMake(Database, _folder.ToString());
        Assume.That(readOnly, Is.Not.Null, "As root, a read-only file needs 'chattr +i' (package e2fsprogs) and a file system that knows it.");

        await ExpectAsync("is read-only for user", "write permission");
    }

    [Test]
    [Platform("Linux")]
    public async Task A_full_disk_refuses_what_does_not_fit_and_keeps_what_was_acknowledged()
    {
        var disk = _folder["disk"];
        Directory.CreateDirectory(disk);
        var command = string.Join(' ', StoreProcess.CommandOf("fill", Path.Combine(disk, "queue.db")).Select(word => $"'{word}'"));
        using var process = StoreProcess.StartCommand(
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
            $"mount -t tmpfs -o size=3m none '{disk}' || exit 77; {command}; {string.Join(' ', StoreProcess.CommandOf("count", Path.Combine(disk, "queue.db")).Select(word => $"'{word}'"))}");

        var lines = await process.ReadToEndAsync();
        Assume.That(await process.WaitForExitAsync(), Is.Not.EqualTo(77), "A small disk needs user namespaces.");

        var created = lines.Count(line => line.StartsWith("created", StringComparison.Ordinal));
        Assert.That(created, Is.GreaterThan(3));
        Assert.That(lines.Single(line => line.StartsWith("failed", StringComparison.Ordinal)), Does.Contain("the disk is full").And.Contain("queue.db"));
        Assert.That(lines[^1], Is.EqualTo(string.Create(CultureInfo.InvariantCulture, $"rows {created}")));
    }

    private async Task CreateDatabaseAsync()
    {
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        await store.CreateAsync(Jobs.Pending("job"), None);
    }

    private static void OpenAndClose(string path, Barrier together, ConcurrentQueue<Exception> failures)
    {
        try
        {
            together.SignalAndWait();
            using var connection = new SqliteFile(path).Open();
        }
        catch (Exception exception) when (exception is SqliteException or StoreException)
        {
            failures.Enqueue(exception);
        }
    }

    private async Task ExpectAsync(string what, string todo)
    {
        await using var store = new SqliteJobStore(Database, TimeProvider.System);
        Constraint Names() => Throws.TypeOf<StoreException>().With.Message.Contains($"'{Database}'").And.Message.Contains(what).And.Message.Contains(todo);

        await Assert.ThatAsync(() => store.ProbeAsync(None), Names());
        await Assert.ThatAsync(() => store.ListAsync(new JobFilter(), None), Names());
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        Run(connection, sql);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        statement.Run();
    }
}
