using DelphiRunner.Engine.Plugins;

namespace DelphiRunner.Engine.Tests.Plugins;

public sealed class PluginCatalogTests
{
    private DropFolder _drop = null!;

    [SetUp]
    public void CreateFolders() => _drop = new DropFolder();

    [TearDown]
    public void RemoveFolders() => _drop.Dispose();

    [Test]
    public async Task A_healthy_plugin_is_loaded_and_its_job_types_are_resolved()
    {
        _drop.Drop("Echo");

        var catalog = await _drop.LoadAsync();

        var plugin = catalog.Plugins.Single();
        Assert.That(plugin.Name, Is.EqualTo("Echo"));
        Assert.That(plugin.Version, Is.EqualTo("0.1.0"));
        Assert.That(plugin.Hash, Does.Match("^[0-9a-f]{12}$"));
        Assert.That(plugin.Folder, Is.EqualTo(Path.Combine(_drop.Generations, $"Echo-{plugin.Hash}")));
        Assert.That(plugin.Handlers.Single().Name, Is.EqualTo("DelphiRunner.TestPlugins.Echo.EchoHandler"));
        Assert.That(plugin.Handlers.Single().JobTypes, Is.EqualTo(["ECHO", "ECHO_ONCE"]));
        Assert.That(catalog.JobTypes, Is.EquivalentTo(["ECHO", "ECHO_ONCE"]));
        Assert.That(catalog.TryResolve("ECHO")!.RunsAtMostOnce, Is.False);
        Assert.That(catalog.TryResolve("ECHO_ONCE")!.RunsAtMostOnce, Is.True);
        Assert.That(catalog.TryResolve("ECHO")!.HandledBy, Is.EqualTo($"Echo 0.1.0 {plugin.Hash}"));
        Assert.That(catalog.Quarantined, Is.Empty);
        Assert.That(catalog.Problems, Is.Empty);
        Assert.That(catalog.EmptyFolder, Is.Null);
    }

    [Test]
    public async Task Missing_unknown_and_differently_spelt_job_types_resolve_to_nothing()
    {
        _drop.Drop("Echo");

        var catalog = await _drop.LoadAsync();

        Assert.That(catalog.TryResolve(null), Is.Null);
        Assert.That(catalog.TryResolve(""), Is.Null);
        Assert.That(catalog.TryResolve("OTHER"), Is.Null);
        Assert.That(catalog.TryResolve("echo"), Is.Null);
    }

    [Test]
    public async Task A_plugin_gets_its_settings_and_may_name_programs_in_them()
    {
        _drop.Drop("Echo");
        const string Settings = """{"commands":{"first":["python","-m","echo_it"]},"level":3,"nested":[{"path":"/opt/echo"}]}""";

        var catalog = await _drop.LoadAsync(_drop.Options with { Settings = new Dictionary<string, string> { ["Echo"] = Settings } });

        var handler = catalog.TryResolve("ECHO")!;
        var plan = await PlanContext.PlanAsync(handler, """{"say":"hello"}""");
        Assert.That(handler.Settings.Json, Is.EqualTo(Settings));
        Assert.That(plan.Command!.Arguments, Is.EqualTo(["""{"say":"hello"}""", Settings]));
        Assert.That(handler.NamedPrograms, Is.EquivalentTo(["python", "-m", "echo_it", "/opt/echo", "echo"]));
        Assert.That(handler.NamedFolders, Does.Contain("/opt/echo").And.Contain(Path.Combine(handler.Settings.Folder, "python")), "a bare name may be a folder beside the file");
        Assert.That(handler.NamedFolders, Does.Contain("/srv/echo").And.Not.Contain(handler.Settings.Folder));
    }

    [Test]
    public async Task Without_settings_a_plugin_gets_an_empty_object()
    {
        _drop.Drop("Echo");

        var catalog = await _drop.LoadAsync();

        var plan = await PlanContext.PlanAsync(catalog.TryResolve("ECHO")!);
        Assert.That(plan.Command!.Arguments, Is.EqualTo(["{}", "{}"]));
    }

    [Test]
    public void A_missing_plugins_folder_is_fatal()
    {
        var options = _drop.Options with { Folder = Path.Combine(_drop.Folder, "nowhere") };

        Assert.That(() => _drop.LoadAsync(options), Throws.TypeOf<PluginException>().With.Message.Contains("nowhere' does not exist")
            .And.Message.Contains("dotnet build").And.Message.Contains("plugins.folder"));
    }

    [Test]
    public async Task An_empty_plugins_folder_is_told_for_the_program_to_decide()
    {
        var catalog = await _drop.LoadAsync();

        Assert.That(catalog.EmptyFolder, Does.Contain(_drop.Folder).And.Contain("dotnet build").And.Contain("plugins.folder"));
        Assert.That(catalog.JobTypes, Is.Empty);
    }

    [Test]
    public async Task Settings_and_routes_for_an_unknown_plugin_are_problems()
    {
        _drop.Drop("Echo");
        var options = _drop.Options with
        {
            Settings = new Dictionary<string, string> { ["echo"] = "{}" },
            Routes = new Dictionary<string, string> { ["OTHER"] = "Ehco" },
        };

        var catalog = await _drop.LoadAsync(options);

        Assert.That(catalog.Problems, Has.Count.EqualTo(2));
        Assert.That(catalog.Problems, Has.Some.Contains("'plugins.settings.echo'").And.Contains("'Echo'"));
        Assert.That(catalog.Problems, Has.Some.Contains("'OTHER'").And.Contains("'Ehco'").And.Contains("'Echo'"));
    }

    [Test]
    public async Task What_was_loaded_and_what_was_not_is_logged()
    {
        using var log = new RecordedLog();
        using var drop = new DropFolder { Loggers = log }.Drop("Echo", "Throwing");
        await File.WriteAllTextAsync(Path.Combine(drop.Folder, "Loose.dll"), "");

        var catalog = await drop.LoadAsync();

        Assert.That(log.Events, Is.EqualTo(new[]
        {
            ("PluginLoaded", $"Loaded plugin Echo 0.1.0 {catalog.Plugins[0].Hash}, which serves: ECHO, ECHO_ONCE"),
            ("PluginQuarantined", $"Plugin Throwing is quarantined: {catalog.Quarantined[0].Reason}"),
            ("PluginProblemFound", catalog.Problems[0]),
        }));
        Assert.That(catalog.Problems[0], Does.Contain("'Loose.dll'").And.Contain(Path.Combine("Loose", "Loose.dll")));
    }
}
