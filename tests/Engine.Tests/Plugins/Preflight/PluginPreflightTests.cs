using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Plugins.Generations;
using DelphiRunner.Engine.Plugins.Preflight;

namespace DelphiRunner.Engine.Tests.Plugins.Preflight;

public sealed class PluginPreflightTests
{
    private static readonly string TestPlugins = Repository.File("artifacts", "test-plugins");

    [Test]
    public void Handlers_are_read_from_metadata()
    {
        var declarations = Read("Echo");

        var handler = declarations.Handlers.Single();
        Assert.That(handler.TypeName, Is.EqualTo("DelphiRunner.TestPlugins.Echo.EchoHandler"));
        Assert.That(handler.JobTypes, Is.EqualTo([new DeclaredJobType("ECHO", false), new DeclaredJobType("ECHO_ONCE", true)]));
        Assert.That(handler.Programs, Is.EqualTo(["echo"]));
        Assert.That(handler.Folders, Is.EqualTo(["/srv/echo"]));
        Assert.That(handler.ServesRoutes, Is.False);
        Assert.That(declarations.Problems, Is.Empty);
    }

    [Test]
    public void A_handler_may_inherit_the_interface_from_a_generic_base_class()
    {
        var handler = Read("Routed").Handlers.Single();

        Assert.That(handler.TypeName, Does.EndWith(".GeneralHandler"));
        Assert.That(handler.ServesRoutes, Is.True);
        Assert.That(handler.JobTypes, Is.Empty);
    }

    [Test]
    public void A_plugin_without_a_handler_hears_what_was_looked_for_and_what_came_near()
    {
        Assert.That(() => Read("NoHandler"), Throws.TypeOf<PluginException>()
            .With.Message.Contains("Plugin 'NoHandler' declares no handler")
            .And.Message.Contains("[HandlesJobType(\"...\")]")
            .And.Message.Contains("NoHandler.Undeclared' implements IJobHandler but carries neither")
            .And.Message.Contains("NoHandler.Unimplemented' carries the attribute but does not implement IJobHandler")
            .And.Message.Contains("NoHandler.Hidden' is not public")
            .And.Message.Contains("NoHandler.WithArgument' has no public constructor without parameters")
            .And.Message.Contains("NoHandler.Unfinished' is abstract"));
    }

    [Test]
    public void An_assembly_that_does_not_use_the_contracts_holds_no_handler()
    {
        var generation = new PluginGeneration("nunit.framework", AppContext.BaseDirectory, "");

        Assert.That(() => PluginPreflight.Read(generation), Throws.TypeOf<PluginException>().With.Message.Contains("does not use DelphiRunner.Contracts"));
    }

    [Test]
    public void Contracts_newer_than_the_hosts_are_refused_with_both_versions()
    {
        Assert.That(() => Read("NewerContracts"), Throws.TypeOf<PluginException>()
            .With.Message.Contains("'NewerContracts.dll' was built against DelphiRunner.Contracts 1.1.0.0; this host has 1.0.0.0"));
    }

    [Test]
    public void Members_that_the_hosts_contracts_do_not_have_are_listed()
    {
        Assert.That(() => Read("NewerMember"), Throws.TypeOf<PluginException>()
            .With.Message.Contains("'NewerMember.dll' uses what the host's DelphiRunner.Contracts does not have: DelphiRunner.Contracts.FutureOutcome."));
    }

    private static PluginDeclarations Read(string plugin) => PluginPreflight.Read(new PluginGeneration(plugin, Path.Combine(TestPlugins, plugin), ""));
}
