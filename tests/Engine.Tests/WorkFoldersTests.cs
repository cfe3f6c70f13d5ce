using System.Diagnostics;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Tests.Stores.DynamoDb;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Tests;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
internal sealed class WorkFoldersTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("delphi-runner-").FullName;
    private readonly RecordedEvents _log = new();
    private readonly WorkFolders _folders;

    public WorkFoldersTests() => _folders = new WorkFolders(_state, _log.CreateLogger<WorkFolders>());

    public void Dispose()
    {
        _folders.Dispose();
        _log.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    [Test]
    public void A_folder_is_private_and_has_the_name_of_its_attempt()
    {
        var folder = _folders.Take("job-1");

        Assert.That(folder, Is.EqualTo(Path.Combine(_state, "work", "job-1")));
        Assert.That(
            File.GetUnixFileMode(folder), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Test]
    public void What_an_attempt_left_is_gone_before_the_next_one_gets_the_folder()
    {
        var first = _folders.Take("job-1");
        File.WriteAllText(Path.Combine(first, "result.json"), "{}");

        _folders.GiveBack(first, isQuiet: true);
        var second = _folders.Take("job-2");

        Assert.That(Directory.Exists(first), Is.False);
        Assert.That(Directory.EnumerateFileSystemEntries(second), Is.Empty);
    }

    [Test]
    public void A_folder_that_something_may_still_write_to_goes_to_no_other_attempt()
    {
        var first = _folders.Take("job-1");
        using var lingering = File.Create(Path.Combine(first, "open"));

        _folders.GiveBack(first, isQuiet: false);

        Assert.That(Directory.Exists(first), Is.False);
        Assert.That(Directory.EnumerateFileSystemEntries(_folders.Take("job-2")), Is.Empty);
    }

    [Test]
    public void A_folder_with_folders_in_it_or_another_mode_is_removed_whole()
    {
        var deep = _folders.Take("job-1");
        Directory.CreateDirectory(Path.Combine(deep, "cache", "more"));
        var open = _folders.Take("job-2");
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);

        _folders.GiveBack(deep, isQuiet: true);
        _folders.GiveBack(open, isQuiet: true);

        Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(_state, "work")), Is.Empty);
    }

    [Test]
    public async Task A_file_whose_name_is_no_text_is_not_there_for_the_next_attempt()
    {
        var first = _folders.Take("job-1");
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", "echo private > \"$(printf '\\377')\""]) { WorkingDirectory = first })!;
        await shell.WaitForExitAsync();

        _folders.GiveBack(first, isQuiet: true);
        var second = _folders.Take("job-2");

        Assert.That(Directory.EnumerateFileSystemEntries(second), Is.Empty);
    }

    [Test]
    public void What_a_command_put_in_the_place_of_its_folder_is_removed()
    {
        var folder = _folders.Take("job-1");
        Directory.Delete(folder);
        File.WriteAllText(folder, "no folder");

        _folders.GiveBack(folder, isQuiet: true);

        Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(_state, "work")), Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void One_that_cannot_be_removed_is_named_in_the_hosts_log_and_stays(bool isQuiet)
    {
        var folder = _folders.Take("job-1");
        using var stuck = UndeletableFile.Make(Path.Combine(folder, "file"));

        _folders.GiveBack(folder, isQuiet);

        Assert.That(File.Exists(stuck.FullPath), Is.True);
        Assert.That(_log.Count("WorkFolderNotRemoved"), Is.EqualTo(1));
        Assert.That(_log.MessageOf("WorkFolderNotRemoved"), Does.Contain(folder));
        Assert.That(_folders.Take("job-2"), Is.Not.EqualTo(folder).And.Exist);
    }

    [Test]
    public void Nothing_is_left_when_the_host_ends()
    {
        _folders.GiveBack(_folders.Take("job-1"), isQuiet: true);

        _folders.Dispose();

        Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(_state, "work")), Is.Empty);
    }
}
