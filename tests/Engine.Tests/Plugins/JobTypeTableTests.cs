namespace DelphiRunner.Engine.Tests.Plugins;

public sealed class JobTypeTableTests
{
    private DropFolder _drop = null!;

    [SetUp]
    public void CreateFolders() => _drop = new DropFolder().Drop("Echo");

    [TearDown]
    public void RemoveFolders() => _drop.Dispose();

    [Test]
    public async Task A_job_type_that_two_plugins_declare_is_served_by_neither()
    {
        _drop.Drop("DuplicateType");

        var catalog = await _drop.LoadAsync();

        Assert.That(catalog.JobTypes, Is.EquivalentTo(["ECHO_ONCE", "SECOND"]));
        Assert.That(
            catalog.Problems.Single(),
            Does.Contain("'ECHO'").And.Contain("'DuplicateType'").And.Contain("'Echo'").And.Contain("plugins.routes"));
        Assert.That(catalog.Plugins, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_route_decides_which_of_two_plugins_serves_a_job_type()
    {
        _drop.Drop("DuplicateType");

        var catalog = await _drop.LoadAsync(_drop.Options with { Routes = new Dictionary<string, string> { ["ECHO"] = "DuplicateType" } });

        Assert.That(catalog.TryResolve("ECHO")!.Plugin, Is.EqualTo("DuplicateType"));
        Assert.That(catalog.Problems, Is.Empty);
    }

    [Test]
    public async Task A_general_handler_serves_what_is_routed_to_its_plugin()
    {
        _drop.Drop("Routed");
        var routes = new Dictionary<string, string> { ["ANYTHING"] = "Routed", ["ELSE"] = "Routed" };

        var catalog = await _drop.LoadAsync(_drop.Options with { Routes = routes });

        var plan = await PlanContext.PlanAsync(catalog.TryResolve("ANYTHING")!);
        Assert.That(plan.Outcome!.Error, Is.EqualTo("String"));
        Assert.That(catalog.TryResolve("ELSE"), Is.Not.Null);
        Assert.That(catalog.Plugins.Single(plugin => plugin.Name == "Routed").Handlers.Single().JobTypes, Is.EqualTo(["ANYTHING", "ELSE"]));
    }

    [Test]
    public async Task Without_a_route_a_general_handler_serves_nothing()
    {
        _drop.Drop("Routed");

        var catalog = await _drop.LoadAsync();

        Assert.That(catalog.Plugins.Select(plugin => plugin.Name), Is.EqualTo(["Echo", "Routed"]));
        Assert.That(catalog.JobTypes, Is.EquivalentTo(["ECHO", "ECHO_ONCE"]));
    }

    [Test]
    public async Task A_route_to_a_plugin_that_cannot_serve_the_type_leaves_it_unserved()
    {
        var catalog = await _drop.LoadAsync(_drop.Options with { Routes = new Dictionary<string, string> { ["OTHER"] = "Echo" } });

        Assert.That(catalog.TryResolve("OTHER"), Is.Null);
        Assert.That(catalog.Problems.Single(), Does.Contain("'OTHER'").And.Contain("[HandlesRoutedJobTypes]"));
    }

    [Test]
    public async Task A_quarantined_plugin_keeps_its_job_types_from_another()
    {
        _drop.Drop("DuplicateType");
        var settings = new Dictionary<string, string> { ["Echo"] = "[]" };

        var catalog = await _drop.LoadAsync(_drop.Options with { Settings = settings });

        Assert.That(catalog.Quarantined.Single().Name, Is.EqualTo("Echo"));
        Assert.That(catalog.JobTypes, Is.EquivalentTo(["SECOND"]));
        Assert.That(catalog.Problems.Single(), Does.Contain("'ECHO' is not served"));
    }

    [Test]
    public async Task A_route_to_a_quarantined_plugin_says_so()
    {
        _drop.Drop("Throwing");

        var catalog = await _drop.LoadAsync(_drop.Options with { Routes = new Dictionary<string, string> { ["THROWING"] = "Throwing" } });

        Assert.That(catalog.Problems.Single(), Does.Contain("'THROWING' is not served").And.Contain("which is quarantined"));
    }
}
