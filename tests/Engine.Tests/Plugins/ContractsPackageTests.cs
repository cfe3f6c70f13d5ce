using System.IO.Compression;
using System.Xml.Linq;
using DelphiRunner.Contracts;

namespace DelphiRunner.Engine.Tests.Plugins;

public sealed class ContractsPackageTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-readme-").FullName;
    private readonly DropFolder _drop = new();

    [OneTimeSetUp]
    public Task MakeThePluginOfTheReadme() => new ReadmePlugin(Repository.Root, _folder).DropIntoAsync(_drop.Folder);

    [OneTimeTearDown]
    public void RemoveFolders()
    {
        Directory.Delete(_folder, recursive: true);
        _drop.Dispose();
    }

    [Test]
    public async Task The_plugin_of_the_readme_is_built_from_an_empty_folder_and_loaded()
    {
        var settings = new Dictionary<string, string> { [ReadmePlugin.Name] = """{"greeting":"Good morning"}""" };

        var catalog = await _drop.LoadAsync(_drop.Options with { Settings = settings });

        Assert.That(catalog.Quarantined, Is.Empty);
        Assert.That(catalog.Problems, Is.Empty);
        var plan = await PlanContext.PlanAsync(catalog.TryResolve(ReadmePlugin.JobType)!, """{"name":"Ada"}""");
        Assert.That(plan.Command!.Program, Is.EqualTo("echo"));
        Assert.That(plan.Command.Arguments, Is.EqualTo(["Good morning", "Ada"]));
        Assert.That(Directory.GetFiles(Path.Combine(_drop.Folder, ReadmePlugin.Name)), Has.None.Contains("DelphiRunner.Contracts"));
    }

    [Test]
    public async Task The_handler_of_the_readme_says_what_is_wrong_with_a_row()
    {
        var catalog = await _drop.LoadAsync();

        var handler = catalog.TryResolve(ReadmePlugin.JobType)!;

        foreach (var config in new[] { "{", "[]", "{}", """{"name":null}""", """{"name":1}""" })
            Assert.That(() => PlanContext.PlanAsync(handler, config), Throws.TypeOf<InvalidJobException>().With.Message.Contains("job_config"));
    }

    [Test]
    public async Task The_package_holds_the_assembly_its_documentation_and_the_readme_and_depends_on_nothing()
    {
        var package = Directory.GetFiles(Path.Combine(_folder, "feed")).Single();

        await using var zip = await ZipFile.OpenReadAsync(package);
        await using var manifest = await zip.GetEntry("DelphiRunner.Contracts.nuspec")!.OpenAsync();
        var metadata = (await XDocument.LoadAsync(manifest, LoadOptions.None, CancellationToken.None)).Root!.Elements().Single();

        Assert.That(zip.Entries.Select(entry => entry.FullName), Is.SupersetOf(new[]
        {
            "README.md", "lib/net10.0/DelphiRunner.Contracts.dll", "lib/net10.0/DelphiRunner.Contracts.xml",
        }));
        Assert.That(metadata.Descendants().Where(element => element.Name.LocalName == "dependency"), Is.Empty);
        Assert.That(metadata.Elements().Single(element => element.Name.LocalName == "license").Value, Is.EqualTo("MIT"));
        Assert.That(metadata.Elements().Single(element => element.Name.LocalName == "readme").Value, Is.EqualTo("README.md"));
    }

    [Test]
    public async Task Packing_the_same_sources_elsewhere_gives_the_same_bytes()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;

        await new ReadmePlugin(Repository.Root, elsewhere).PackContractsAsync();

        var packages = new[] { _folder, elsewhere }.Select(folder => Directory.GetFiles(Path.Combine(folder, "feed")).Single());
        var contents = packages.Select(File.ReadAllBytes).ToList();
        Assert.That(contents[0], Is.EqualTo(contents[1]));
    }
}
