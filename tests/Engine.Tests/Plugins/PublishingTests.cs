using System.Xml.Linq;

namespace DelphiRunner.Engine.Tests.Plugins;

/// <summary>The build's part in dropping a plugin, tried on a project outside the repository that imports it.</summary>
public sealed class PublishingTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-publishing-").FullName;

    private string Published => Path.Combine(_folder, "artifacts", "plugins", "Thing");

    [OneTimeSetUp]
    public async Task WriteAPlugin()
    {
        var targets = Repository.File("Directory.Build.targets");
        new XElement("Project", new XElement("Import", new XAttribute("Project", targets))).Save(Path.Combine(_folder, "Directory.Build.targets"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "Thing.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <IsPlugin>true</IsPlugin>
                <EnableDynamicLoading>true</EnableDynamicLoading>
              </PropertyGroup>
              <ItemGroup>
                <Content Include="words.txt" CopyToOutputDirectory="PreserveNewest" />
              </ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder, "Directory.Build.props"), """
            <Project>
              <PropertyGroup>
                <UseArtifactsOutput>true</UseArtifactsOutput>
                <ArtifactsPath>$(MSBuildThisFileDirectory)artifacts</ArtifactsPath>
              </PropertyGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder, "Thing.cs"), "public class Thing;");
        await File.WriteAllTextAsync(Path.Combine(_folder, "words.txt"), "first");
        await BuildAsync();
    }

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [SetUp]
    public Task StartFromAFreshBuild() => BuildAsync();

    [Test]
    public void A_build_leaves_all_that_can_be_loaded_and_no_leftovers()
    {
        var files = Directory.GetFiles(Published, "*", SearchOption.AllDirectories).Select(Path.GetFileName);

        Assert.That(files, Is.EquivalentTo(["Thing.dll", "Thing.pdb", "Thing.deps.json", "Thing.runtimeconfig.json", "words.txt"]));
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(_folder, "artifacts", "plugins")), Is.EqualTo([Published]));
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(_folder, "artifacts", "publishing")), Is.Empty);
    }

    [Test]
    public async Task An_unchanged_build_publishes_nothing()
    {
        var output = await BuildAsync();

        Assert.That(output, Does.Not.Contain("Published"));
    }

    [Test]
    public async Task A_folder_that_went_away_is_published_again()
    {
        Directory.Delete(Published, recursive: true);

        var output = await BuildAsync();

        Assert.That(output, Does.Contain($"Published {Published}"));
        Assert.That(File.Exists(Path.Combine(Published, "Thing.dll")), Is.True);
    }

    [Test]
    public async Task A_file_that_went_away_is_published_again()
    {
        File.Delete(Path.Combine(Published, "Thing.deps.json"));

        await BuildAsync();

        Assert.That(File.Exists(Path.Combine(Published, "Thing.deps.json")), Is.True);
    }

    [Test]
    public async Task A_change_replaces_the_whole_folder()
    {
        await File.WriteAllTextAsync(Path.Combine(Published, "stale.txt"), "of an earlier build");
        await File.WriteAllTextAsync(Path.Combine(_folder, "words.txt"), "second");

        await BuildAsync();

        Assert.That(await File.ReadAllTextAsync(Path.Combine(Published, "words.txt")), Is.EqualTo("second"));
        Assert.That(File.Exists(Path.Combine(Published, "stale.txt")), Is.False);
    }

    [Test]
    public async Task Another_configuration_is_published_and_so_is_the_first_one_again()
    {
        var release = await BuildAsync("Release");
        var debug = await BuildAsync();

        Assert.That(release, Does.Contain("Published"));
        Assert.That(debug, Does.Contain("Published"));
    }

    private Task<string> BuildAsync(string configuration = "Debug") =>
        DotNet.RunAsync(_folder, Path.Combine(_folder, "packages"), "build", "--configuration", configuration);
}
