using System.Runtime.Versioning;
using DelphiRunner.Engine.Plugins.Generations;

namespace DelphiRunner.Engine.Tests.Plugins.Generations;

public sealed class PluginGenerationTests
{
    private DropFolder _drop = null!;

    [SetUp]
    public void CreateFolders() => _drop = new DropFolder().Drop("Echo");

    [TearDown]
    public void RemoveFolders() => _drop.Dispose();

    [Test]
    public async Task Truncating_a_dropped_DLL_after_the_load_hurts_nobody()
    {
        var catalog = await _drop.LoadAsync();

        await using (var dll = File.OpenWrite(_drop.File("Echo", "Echo.dll")))
            dll.SetLength(0);

        // The first call of the handler reads pages that nothing has touched before.
        var plan = await PlanContext.PlanAsync(catalog.TryResolve("ECHO")!, """{"still":"here"}""");
        Assert.That(plan.Command!.Arguments[0], Is.EqualTo("""{"still":"here"}"""));
    }

    [Test]
    public async Task Nothing_in_the_drop_folder_is_mapped()
    {
        var catalog = await _drop.LoadAsync();

        var loaded = catalog.TryResolve("ECHO")!.Instance.GetType().Assembly.Location;
        Assert.That(loaded, Does.StartWith(_drop.Generations));
    }

    [Test]
    public async Task The_same_files_are_the_same_generation()
    {
        var first = await TakeAsync();
        var before = File.GetLastWriteTimeUtc(first.Dll);

        var second = await TakeAsync();

        Assert.That(second, Is.EqualTo(first));
        Assert.That(File.GetLastWriteTimeUtc(second.Dll), Is.EqualTo(before));
        Assert.That(Directory.GetFileSystemEntries(_drop.Generations), Is.EqualTo([first.Folder]));
    }

    [Test]
    public async Task Changed_files_are_another_generation_beside_the_first()
    {
        var first = await TakeAsync();
        await File.WriteAllTextAsync(_drop.File("Echo", "words.txt"), "new");

        var second = await TakeAsync();

        Assert.That(second.Hash, Is.Not.EqualTo(first.Hash));
        Assert.That(File.Exists(first.Dll), Is.True);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(second.Folder, "words.txt")), Is.EqualTo("new"));
    }

    [Test]
    public async Task Files_in_folders_come_along()
    {
        Directory.CreateDirectory(_drop.File("Echo", "runtimes/any"));
        await File.WriteAllTextAsync(_drop.File("Echo", "runtimes/any/native.so"), "native");

        var generation = await TakeAsync();

        Assert.That(await File.ReadAllTextAsync(Path.Combine(generation.Folder, "runtimes", "any", "native.so")), Is.EqualTo("native"));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public async Task A_copy_keeps_the_right_to_be_run_and_loses_the_right_to_be_written()
    {
        const UnixFileMode RunAndRead = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead;
        await File.WriteAllTextAsync(_drop.File("Echo", "tool"), "#!/bin/sh");
        File.SetUnixFileMode(_drop.File("Echo", "tool"), RunAndRead | UnixFileMode.UserWrite);

        var generation = await TakeAsync();

        Assert.That(File.GetUnixFileMode(Path.Combine(generation.Folder, "tool")), Is.EqualTo(RunAndRead));
    }

    [Test]
    public async Task A_damaged_copy_is_replaced()
    {
        var generation = await TakeAsync();
        File.Delete(generation.Dll);
        await File.WriteAllTextAsync(generation.Dll, "");

        var again = await TakeAsync();

        Assert.That(again, Is.EqualTo(generation));
        Assert.That(await File.ReadAllBytesAsync(again.Dll), Is.EqualTo(await File.ReadAllBytesAsync(_drop.File("Echo", "Echo.dll"))));
        Assert.That(Directory.GetFileSystemEntries(_drop.Generations), Is.EqualTo([generation.Folder]));
    }

    [Test]
    public async Task A_plugin_that_is_replaced_while_it_is_copied_is_never_mixed()
    {
        var hashes = new List<string>();
        foreach (var state in new[] { "old", "new" })
        {
            await File.WriteAllTextAsync(_drop.File("Echo", "first.txt"), state);
            await File.WriteAllTextAsync(_drop.File("Echo", "second.txt"), state);
            hashes.Add((await TakeAsync()).Hash);
        }

        // The old state stands ready, to be renamed into place again and again while copies are taken.
        Directory.Move(Path.Combine(_drop.Generations, $"Echo-{hashes[0]}"), Path.Combine(_drop.Folder, "Other"));
        using var enough = new ManualResetEventSlim();
        var swapping = Task.Run(() => SwapUntil(enough));
        var seen = new HashSet<string>();
        for (var copies = 0; copies < 40; copies++)
        {
            Directory.Delete(_drop.Generations, recursive: true);
            seen.Add((await TakeAsync()).Hash);
        }

        enough.Set();
        Assert.That(await swapping, Is.GreaterThan(10));
        Assert.That(hashes, Is.SupersetOf(seen));
    }

    private int SwapUntil(ManualResetEventSlim enough)
    {
        var (current, other, aside) = (Path.Combine(_drop.Folder, "Echo"), Path.Combine(_drop.Folder, "Other"), Path.Combine(_drop.Folder, "Aside"));
        var swaps = 0;
        while (!enough.Wait(TimeSpan.FromMilliseconds(5)))
        {
            Directory.Move(current, aside);
            Directory.Move(other, current);
            Directory.Move(aside, other);
            swaps++;
        }

        return swaps;
    }

    private DroppedPlugin Dropped => new("Echo", Path.Combine(_drop.Folder, "Echo"));

    private Task<PluginGeneration> TakeAsync() =>
        PluginGeneration.TakeAsync(Dropped, _drop.Generations, TimeProvider.System, CancellationToken.None);
}
