using System.Diagnostics;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>A folder that a command filled goes, whatever it put there, and nothing outside of it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public sealed class FolderRemovalTests : IDisposable
{
    private readonly string _outside = Directory.CreateTempSubdirectory("delphi-removal-").FullName;

    private string Folder => Path.Combine(_outside, "folder");

    public void Dispose() => FolderRemoval.Remove(_outside);

    [Test]
    public void Folders_nested_deeper_than_a_path_may_be_long_are_removed()
    {
        NestDeeply();

        FolderRemoval.Remove(Folder);

        Assert.That(Directory.Exists(Folder), Is.False);
    }

    [Test]
    public async Task Names_that_are_no_text_are_removed()
    {
        await ShellAsync("mkdir folder; cd folder; n=$(printf '\\377'); touch \"$n\" \"$n file\"; mkdir \"$n folder\"; touch \"$n folder/$n\" \"$(printf 'a\\nb')\"");

        FolderRemoval.Remove(Folder);

        Assert.That(Directory.Exists(Folder), Is.False);
    }

    [Test]
    public async Task A_folder_that_nobody_may_enter_or_change_is_removed_with_pipes_and_links_in_it_and_what_they_lead_to_stays()
    {
        await ShellAsync("mkdir -p kept folder/a/b; echo x > kept/file; mkfifo folder/a/pipe; ln -s ../../kept folder/a/link; ln -s ../kept/file folder/file; ln -s nowhere folder/a/b/none; chmod 0 folder/a/b; chmod 0500 folder/a");

        FolderRemoval.Remove(Folder);

        Assert.That(Directory.Exists(Folder), Is.False);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(_outside, "kept", "file")), Is.EqualTo("x\n"));
    }

    [TestCase("ln -s kept folder")]
    [TestCase("mkfifo folder")]
    [TestCase("touch folder")]
    [TestCase("ln -s nowhere folder")]
    public async Task What_was_put_in_the_place_of_the_folder_is_removed_and_nothing_else(string script)
    {
        await ShellAsync($"mkdir kept; touch kept/file; {script}");

        FolderRemoval.Remove(Folder);

        Assert.That(Directory.GetFileSystemEntries(_outside).Select(Path.GetFileName), Is.EqualTo(new[] { "kept" }));
        Assert.That(File.Exists(Path.Combine(_outside, "kept", "file")), Is.True);
    }

    [Test]
    public void A_folder_that_is_not_there_is_no_matter() => Assert.That(() => FolderRemoval.Remove(Folder), Throws.Nothing);

    // By moving one chain to the end of the next one, since no call can name what is longer.
    private void NestDeeply()
    {
        var chain = string.Join('/', Enumerable.Repeat(new string('n', 200), 12));
        Directory.CreateDirectory(Path.Combine(Folder, "0", chain));
        for (var number = 1; number < 6; number++)
        {
            var end = Directory.CreateDirectory(Path.Combine(Folder, $"{number}", chain)).FullName;
            Directory.Move(Path.Combine(Folder, $"{number - 1}"), Path.Combine(end, "further"));
        }
    }

    private async Task ShellAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = _outside })!;
        await shell.WaitForExitAsync();
        Assert.That(shell.ExitCode, Is.Zero);
    }
}
