using DelphiRunner.Engine.Plugins.Generations;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests.Plugins.Generations;

public sealed class OldGenerationsTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
    private DropFolder _drop = null!;

    [SetUp]
    public void CreateFolders() => _drop = new DropFolder { Time = _time }.Drop("Echo");

    [TearDown]
    public void RemoveFolders() => _drop.Dispose();

    [Test]
    public async Task The_generations_that_were_used_last_stay()
    {
        var first = await TakeAsync(state: 0);
        for (var state = 1; state <= OldGenerations.Kept; state++)
        {
            await TakeAsync(state);
            await TakeAsync(state: 0);
        }

        var kept = Directory.GetDirectories(_drop.Generations);
        Assert.That(kept, Has.Length.EqualTo(OldGenerations.Kept));
        Assert.That(kept, Does.Contain(first.Folder));
    }

    [Test]
    public async Task Other_plugins_and_copies_that_are_being_made_are_left_alone()
    {
        string[] others = ["Echo-second-0123456789ab", "Other-0123456789ab", ".Echo-being-made"];
        foreach (var other in others)
            Directory.SetLastWriteTimeUtc(Directory.CreateDirectory(Path.Combine(_drop.Generations, other)).FullName, _time.GetUtcNow().UtcDateTime);

        for (var state = 0; state <= OldGenerations.Kept; state++)
            await TakeAsync(state);

        Assert.That(Directory.GetDirectories(_drop.Generations).Select(Path.GetFileName), Is.SupersetOf(others));
    }

    [Test]
    public async Task What_an_interrupted_copy_has_left_is_removed_later()
    {
        var leftover = Directory.CreateDirectory(Path.Combine(_drop.Generations, ".Echo-left")).FullName;
        Directory.SetLastWriteTimeUtc(leftover, _time.GetUtcNow().UtcDateTime - TimeSpan.FromHours(2));

        await TakeAsync(state: 0);

        Assert.That(Directory.Exists(leftover), Is.False);
    }

    private DroppedPlugin Dropped => new("Echo", Path.Combine(_drop.Folder, "Echo"));

    private async Task<PluginGeneration> TakeAsync(int state)
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        await File.WriteAllTextAsync(_drop.File("Echo", "state.txt"), $"{state}");
        return await PluginGeneration.TakeAsync(Dropped, _drop.Generations, _time, CancellationToken.None);
    }
}
