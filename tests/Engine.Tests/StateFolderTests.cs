using System.Runtime.Versioning;

namespace DelphiRunner.Engine.Tests;

/// <summary>Whatever a host finds in the place of its state folder, it is its own alone, or the log says why not.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform(Exclude = "Win")]
[UnsupportedOSPlatform("windows")]
public sealed class StateFolderTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-runner-").FullName;

    private string State => Path.Combine(_folder, "state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void One_that_is_missing_is_made_for_its_owner_alone()
    {
        using var state = StateFolder.Take(State);

        Assert.That(File.GetUnixFileMode(State), Is.EqualTo(Private));
        Assert.That(state.Notices, Is.Empty);
    }

    [Test]
    public void One_that_others_can_enter_is_closed_to_them_and_that_is_said()
    {
        Directory.CreateDirectory(State, Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

        using var state = StateFolder.Take(State);

        Assert.That(File.GetUnixFileMode(State), Is.EqualTo(Private));
        Assert.That(state.Notices, Has.One.StartsWith($"State folder '{State}' was open to other users (mode 0751) and is its owner's alone now"));
    }

    [Test]
    public void The_folder_above_it_stays_as_it_is()
    {
        var mode = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        File.SetUnixFileMode(_folder, mode);

        using var state = StateFolder.Take(State);

        Assert.That(File.GetUnixFileMode(_folder), Is.EqualTo(mode));
    }

    [Test]
    public void A_place_that_others_use_on_purpose_stays_open_and_that_is_said()
    {
        var mode = Private | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.StickyBit;
        Directory.CreateDirectory(State);
        File.SetUnixFileMode(State, mode);

        using var state = StateFolder.Take(State);

        Assert.That(File.GetUnixFileMode(State), Is.EqualTo(mode));
        Assert.That(state.Notices, Has.One.Contains("(mode 1707) and stays so"));
    }

    [Test]
    public void What_cannot_be_removed_keeps_neither_the_host_from_its_start_nor_the_rest_there()
    {
        var stuck = Path.Combine(State, "work", "job-1");
        var other = Path.Combine(State, "work", "job-2");
        WorkFolders.MakePrivate(State);
        WorkFolders.MakePrivate(stuck);
        WorkFolders.MakePrivate(other);
        using var file = UndeletableFile.Make(Path.Combine(stuck, "file"));

        using var state = StateFolder.Take(State);

        Assert.That(Directory.Exists(other), Is.False);
        Assert.That(state.Notices, Has.One.StartsWith($"Of what an earlier host left, 1 folders stay behind, the first of them since '{stuck}' cannot be removed whole"));
    }
}
