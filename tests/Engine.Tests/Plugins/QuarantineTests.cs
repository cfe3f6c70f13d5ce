using System.Runtime.Versioning;
using DelphiRunner.Engine.Plugins;
using Microsoft.Extensions.Time.Testing;

namespace DelphiRunner.Engine.Tests.Plugins;

public sealed class QuarantineTests
{
    private DropFolder _drop = null!;

    [SetUp]
    public void CreateFolders() => _drop = new DropFolder().Drop("Echo");

    [TearDown]
    public void RemoveFolders() => _drop.Dispose();

    [Test]
    public async Task A_constructor_that_throws_is_the_reason()
    {
        _drop.Drop("Throwing");

        var reason = await ReasonOfAsync("Throwing");

        Assert.That(reason, Does.Contain("'DelphiRunner.TestPlugins.Throwing.ThrowingHandler' could not be constructed")
            .And.Contain("NotSupportedException: The constructor of this test plugin always throws."));
    }

    [Test]
    public async Task Refused_settings_are_the_reason_with_the_key_to_correct()
    {
        _drop.Drop("BadSettings");

        var reason = await ReasonOfAsync("BadSettings");

        Assert.That(reason, Does.Contain("Key 'greeting' is missing in {}.").And.Contain("Correct 'plugins.settings.BadSettings'."));
    }

    [Test]
    public async Task The_same_plugin_runs_with_settings_that_suit_it()
    {
        _drop.Drop("BadSettings");

        var catalog = await _drop.LoadAsync(
            _drop.Options with { Settings = new Dictionary<string, string> { ["BadSettings"] = """{"greeting":"hello"}""" } });

        Assert.That(catalog.Quarantined, Is.Empty);
        Assert.That(catalog.JobTypes, Does.Contain("DEMANDING"));
    }

    [Test]
    public async Task A_configuration_that_never_ends_is_given_up_after_its_limit()
    {
        var time = new FakeTimeProvider();
        using var drop = new DropFolder { Time = time }.Drop("Echo", "Hanging");

        var hanging = new TaskCompletionSource();
        AppContext.SetData("DelphiRunner.TestPlugins.Hanging", (Action)hanging.SetResult);

        var loading = drop.LoadAsync();
        await hanging.Task;
        time.Advance(PluginStart.Limit);

        var catalog = await loading;
        Assert.That(catalog.JobTypes, Is.Not.Empty);
        Assert.That(
            catalog.Quarantined.Single().Reason,
            Does.Contain("'Hanging' did not start within 10 seconds").And.Contain("HangingHandler.ConfigureAsync"));
    }

    [Test]
    public async Task A_missing_dependency_hides_no_healthy_handler()
    {
        _drop.Drop("BrokenReference");

        var catalog = await _drop.LoadAsync();

        var broken = catalog.Quarantined.Single();
        Assert.That(broken.Name, Is.EqualTo("BrokenReference"));
        Assert.That(broken.JobTypes, Is.EqualTo(["BROKEN"]));
        Assert.That(broken.Reason, Does.Contain("'DelphiRunner.TestPlugins.BrokenReference.BrokenHandler'").And.Contain("'Missing, Version=0.1.0.0"));
        Assert.That(catalog.TryResolve("BROKEN"), Is.Null);
        Assert.That(catalog.TryResolve("HEALTHY"), Is.Not.Null);
        Assert.That(catalog.Problems, Has.Some.Contains("refers to the assembly 'Missing 0.1.0.0'"));
    }

    [Test]
    public async Task A_folder_without_its_DLL_is_named_with_what_it_holds()
    {
        Directory.CreateDirectory(_drop.File("Pipeline", ""));
        await File.WriteAllTextAsync(_drop.File("Pipeline", "pipeline.dll"), "");

        var reason = await ReasonOfAsync("Pipeline");

        Assert.That(reason, Does.Contain("Plugin folder 'Pipeline' holds no 'Pipeline.dll' (it holds 'pipeline.dll')"));
    }

    [Test]
    public async Task A_file_that_is_no_assembly_is_said_to_be_none()
    {
        Directory.CreateDirectory(_drop.File("Text", ""));
        await File.WriteAllTextAsync(_drop.File("Text", "Text.dll"), "This is not a program.");

        Assert.That(await ReasonOfAsync("Text"), Does.Contain("'Text.dll' is no .NET assembly"));
    }

    [Test]
    public async Task A_truncated_assembly_is_quarantined()
    {
        _drop.Drop("Routed");
        await using (var dll = File.OpenWrite(_drop.File("Routed", "Routed.dll")))
            dll.SetLength(700);

        Assert.That(await ReasonOfAsync("Routed"), Does.Contain("'Routed.dll' is no .NET assembly, or a damaged one"));
    }

    [Test]
    public async Task Settings_that_are_no_object_are_refused()
    {
        var catalog = await _drop.LoadAsync(_drop.Options with { Settings = new Dictionary<string, string> { ["Echo"] = "[1]" } });

        Assert.That(catalog.Quarantined.Single().Reason, Does.Contain("settings of plugin 'Echo'").And.Contain("Array"));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public async Task A_plugin_that_everybody_can_write_is_refused()
    {
        _drop.Drop("Routed");
        File.SetUnixFileMode(_drop.File("Routed", "Routed.dll"), UnixFileMode.UserRead | UnixFileMode.OtherWrite);

        Assert.That(await ReasonOfAsync("Routed"), Does.Contain("'Routed.dll' of plugin 'Routed' is writable by every user").And.Contain("chmod"));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void A_plugins_folder_that_everybody_can_write_is_fatal()
    {
        File.SetUnixFileMode(_drop.Folder, File.GetUnixFileMode(_drop.Folder) | UnixFileMode.OtherWrite);

        Assert.That(() => _drop.LoadAsync(), Throws.TypeOf<PluginException>().With.Message.Contains("writable by every user"));
    }

    [Test]
    public void With_on_error_stop_all_that_cannot_be_used_is_named_at_once()
    {
        _drop.Drop("Throwing", "BadSettings", "DuplicateType");

        var options = _drop.Options with { OnError = PluginErrorMode.Stop };

        Assert.That(() => _drop.LoadAsync(options), Throws.TypeOf<PluginException>()
            .With.Message.Contains("Throwing: ").And.Message.Contains("BadSettings: ").And.Message.Contains("Job type 'ECHO' is not served")
            .And.Property(nameof(PluginException.Plugins)).Count.EqualTo(2));
    }

    // Whatever is wrong with a plugin, its neighbour runs.
    private async Task<string> ReasonOfAsync(string plugin)
    {
        var catalog = await _drop.LoadAsync();
        Assert.That(catalog.TryResolve("ECHO"), Is.Not.Null);
        Assert.That(catalog.Plugins.Select(loaded => loaded.Name), Is.EqualTo(["Echo"]));
        return catalog.Quarantined.Single(quarantined => quarantined.Name == plugin).Reason;
    }
}
