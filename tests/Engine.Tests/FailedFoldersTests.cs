using System.Runtime.Versioning;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Engine.Tests.Stores.DynamoDb;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests;

/// <summary>The work folder of a failed attempt is kept where the operator wants that, and not for ever.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
public sealed class FailedFoldersTests : IDisposable
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(1);

    private readonly string _state = Directory.CreateTempSubdirectory("delphi-failed-").FullName;
    private readonly FakeTimeProvider _time = new(Rows.Noon);
    private readonly RecordedEvents _log = new();

    private string Failed => Path.Combine(_state, "failed");

    public void Dispose()
    {
        _log.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    [Test]
    public async Task The_log_of_a_failed_job_says_where_its_work_folder_is_and_it_is_private_and_as_it_was()
    {
        await using var host = new HostOnFile { Configure = options => options with { Retention = new RetentionOptions { FailedWorkFolders = Keep } } };
        await host.SubmitAsync("bad", "mkdir -p deep; echo evidence > deep/file; chmod 0755 .; exit 3");
        await host.SubmitAsync("good", "echo x > file");
        await host.SubmitAsync("empty", "exit 3");

        await host.RunAsync();

        var kept = Directory.GetDirectories(Path.Combine(host.State, "failed")).Single();
        Assert.That(Path.GetFileName(kept), Does.Match(@"^\d{8}T\d{9}Z-bad-1-"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(kept, "deep", "file")), Is.EqualTo("evidence\n"));
        Assert.That(File.GetUnixFileMode(kept), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That((await host.ReadAsync("bad")).Text(JobAttributes.Logs), Does.Contain("The work folder is kept until").And.Contain(kept));
        Assert.That((await host.ReadAsync("good")).Text(JobAttributes.Logs), Does.Not.Contain("kept"));
    }

    [Test]
    public async Task A_secret_that_the_command_got_as_a_file_is_not_in_it()
    {
        Environment.SetEnvironmentVariable("DELPHI_TEST_SECRET", "secret-for-one-test");
        try
        {
            await using var host = new HostOnFile
            {
                Shell = new JobTypeOptions { Secrets = [new("DELPHI_TEST_SECRET", AsFile: true)] },
                Configure = options => options with { Retention = new RetentionOptions { FailedWorkFolders = Keep } },
            };
            await host.SubmitAsync("bad", "echo $DELPHI_TEST_SECRET_FILE > path; grep -c for-one-test < $DELPHI_TEST_SECRET_FILE > count; exit 3");

            await host.RunAsync();

            var kept = Directory.GetDirectories(Path.Combine(host.State, "failed")).Single();
            Assert.That(Directory.GetFileSystemEntries(kept, "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EquivalentTo(["path", "count"]));
            Assert.That((await File.ReadAllTextAsync(Path.Combine(kept, "count"))).Trim(), Is.EqualTo("1"), "the command had it");
            Assert.That(File.Exists((await File.ReadAllTextAsync(Path.Combine(kept, "path"))).Trim()), Is.False);
        }
        finally
        {
            Environment.SetEnvironmentVariable("DELPHI_TEST_SECRET", null);
        }
    }

    [Test]
    public async Task Without_the_setting_none_is_kept()
    {
        await using var host = new HostOnFile();
        await host.SubmitAsync("bad", "echo evidence > file; exit 3");

        await host.RunAsync();

        Assert.That(Directory.Exists(Path.Combine(host.State, "failed")), Is.False);
        Assert.That((await host.ReadAsync("bad")).Text(JobAttributes.Logs), Does.Not.Contain("kept"));
    }

    [Test]
    public void Each_goes_when_its_time_is_over()
    {
        using var folders = Folders(Keep);
        folders.Keep(Work("one"));
        _time.Advance(Keep / 2);
        folders.Keep(Work("two"));
        folders.Start();

        _time.Advance(Keep / 2);
        var first = Names();
        _time.Advance(Keep / 2);

        Assert.That(first, Has.One.Items.And.All.Contains("two"));
        Assert.That(Names(), Is.Empty);
    }

    [Test]
    public void Of_more_than_a_hundred_the_oldest_go()
    {
        using var folders = Folders(Keep);
        for (var i = 0; i <= FailedFolders.Most; i++)
        {
            folders.Keep(Work($"job{i:000}"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(Names(), Has.Exactly(FailedFolders.Most).Items.And.None.Contains("job000"));
        Assert.That(_log.MessageOf("FailedFolderRemovedEarly"), Does.Contain("job000").And.Contain("more than 100"));
    }

    [Test]
    public void When_the_disk_is_short_they_go_the_oldest_first_until_there_is_room()
    {
        using var folders = Folders(Keep, () => Names().Count > 1 ? 10 : 1000);
        folders.Keep(Work("one"));
        _time.Advance(TimeSpan.FromSeconds(1));
        folders.Keep(Work("two"));

        Assert.That(Names(), Has.One.Items.And.All.Contains("two"));
        Assert.That(_log.MessageOf("FailedFolderRemovedEarly"), Does.Contain("-one").And.Contain("short of room"));
    }

    [Test]
    public void A_host_that_keeps_none_removes_what_an_earlier_setting_kept_and_nothing_else()
    {
        using var before = Folders(Keep);
        before.Keep(Work("one"));
        Directory.CreateDirectory(Path.Combine(Failed, "of-somebody-else"));

        using var after = Folders(null);
        after.Sweep();

        Assert.That(Names(), Is.EqualTo(["of-somebody-else"]));
    }

    [Test]
    public void One_from_which_the_command_took_all_rights_is_removed_all_the_same()
    {
        using var folders = Folders(Keep);
        var work = Work("one");
        Directory.CreateDirectory(Path.Combine(work, "closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(work, "closed", "file"), "x");
        File.SetUnixFileMode(Path.Combine(work, "closed"), UnixFileMode.None);

        folders.Keep(work);
        _time.Advance(Keep);
        folders.Sweep();

        Assert.That(Names(), Is.Empty);
    }

    [Test]
    public void One_that_cannot_be_removed_keeps_no_other_and_is_said_once_a_sweep()
    {
        using var folders = Folders(Keep);
        folders.Keep(Work("stuck"));
        using var undeletable = UndeletableFile.Make(Path.Combine(Directory.GetDirectories(Failed).Single(), "undeletable"));
        for (var i = 0; i < FailedFolders.Most + 2; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            folders.Keep(Work($"job{i:000}"));
        }

        var most = Names();
        var said = _log.Count("FailedFolderNotRemoved");
        _time.Advance(Keep);
        folders.Sweep();

        Assert.That(most, Has.Exactly(FailedFolders.Most + 1).Items.And.None.Contains("job000").And.None.Contains("job001"));
        Assert.That(Names(), Has.One.Items.And.All.Contains("stuck"));
        Assert.That(_log.Count("FailedFolderNotRemoved"), Is.EqualTo(said + 1));
        Assert.That(_log.MessageOf("FailedFolderNotRemoved"), Does.Contain("-stuck"));
    }

    [TestCase(UnixFileMode.UserWrite | UnixFileMode.UserExecute)]
    [TestCase(UnixFileMode.None)]
    public void One_that_the_command_closed_to_its_owner_is_kept_like_any_other(UnixFileMode mode)
    {
        string? said = null;
        OrdinaryUser.Run(() =>
        {
            var state = Directory.CreateTempSubdirectory("delphi-failed-").FullName;
            var work = WorkFolders.MakePrivate(Path.Combine(state, "work", "one"));
            File.WriteAllText(Path.Combine(work, "file"), "x");
            File.SetUnixFileMode(work, mode);
            using var folders = new FailedFolders(state, Keep, 100, _time, _log.CreateLogger<FailedFolders>()) { FreeDisk = () => 1000 };

            said = folders.Keep(work);

            Directory.Delete(state, recursive: true);
        });

        Assert.That(said, Does.Contain("is kept until"));
    }

    private FailedFolders Folders(TimeSpan? keep, Func<long>? free = null) =>
        new(_state, keep, 100, _time, _log.CreateLogger<FailedFolders>()) { FreeDisk = free ?? (() => 1000) };

    private List<string> Names() => Directory.Exists(Failed) ? [.. Directory.GetDirectories(Failed).Select(path => Path.GetFileName(path))] : [];

    private string Work(string name)
    {
        var work = WorkFolders.MakePrivate(Path.Combine(_state, "work", name));
        File.WriteAllText(Path.Combine(work, "file"), "x");
        return work;
    }
}
