using System.Reflection;
using System.Runtime.Loader;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine.Tests.Plugins;

public sealed class IsolationTests
{
    private DropFolder _drop = null!;

    [SetUp]
    public void CreateFolders() => _drop = new DropFolder();

    [TearDown]
    public void RemoveFolders() => _drop.Dispose();

    [Test]
    public async Task A_plugin_gets_its_own_version_of_a_library_that_the_host_has_too()
    {
        _drop.Drop("OwnDependency");

        var catalog = await _drop.LoadAsync();

        var plan = await PlanContext.PlanAsync(catalog.TryResolve("OWN_DEPENDENCY")!);
        Assert.That(plan.Outcome!.Error, Is.EqualTo("11.0.0.0"));
        Assert.That(typeof(ILogger).Assembly.GetName().Version!.Major, Is.EqualTo(10));
    }

    [Test]
    public async Task A_private_copy_of_the_contracts_is_never_loaded()
    {
        _drop.Drop("Echo");
        File.Copy(NewerContracts, _drop.File("Echo", "DelphiRunner.Contracts.dll"));

        var catalog = await _drop.LoadAsync();

        var plugin = catalog.TryResolve("ECHO")!.Instance.GetType().Assembly;
        var contracts = AssemblyLoadContext.GetLoadContext(plugin)!.LoadFromAssemblyName(new AssemblyName("DelphiRunner.Contracts"));
        Assert.That(contracts, Is.SameAs(typeof(IJobHandler).Assembly));
        Assert.That(Directory.GetFiles(catalog.Plugins[0].Folder), Has.None.Contains("DelphiRunner.Contracts"));
    }

    [Test]
    public async Task A_private_copy_of_the_contracts_does_not_change_the_plugins_hash()
    {
        _drop.Drop("Echo");
        var without = await _drop.LoadAsync();
        File.Copy(NewerContracts, _drop.File("Echo", "DelphiRunner.Contracts.dll"));

        var with = await _drop.LoadAsync();

        Assert.That(with.Plugins[0].Hash, Is.EqualTo(without.Plugins[0].Hash));
    }

    [Test]
    public void A_handler_of_another_identity_of_the_contracts_is_recognized_and_both_are_named()
    {
        var context = new AssemblyLoadContext("other", isCollectible: true);
        context.LoadFromAssemblyPath(NewerContracts);
        var plugin = context.LoadFromAssemblyPath(Repository.File("artifacts", "test-plugins", "NewerContracts", "NewerContracts.dll"));
        var handler = plugin.GetType("DelphiRunner.TestPlugins.NewerContracts.NewerHandler", throwOnError: true)!;

        Assert.That(() => PluginAssembly.CheckIdentity(handler), Throws.TypeOf<PluginException>()
            .With.Message.Contains("DelphiRunner.Contracts, Version=1.1.0.0").And.Message.Contains(NewerContracts)
            .And.Message.Contains("the host's DelphiRunner.Contracts, Version=1.0.0.0"));
        context.Unload();
    }

    private static string NewerContracts => Directory.EnumerateFiles(
        Repository.File("artifacts", "bin", "NewerContractsContracts"), "DelphiRunner.Contracts.dll", SearchOption.AllDirectories).First();
}
