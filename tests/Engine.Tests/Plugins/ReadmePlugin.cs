using System.Text.RegularExpressions;

namespace DelphiRunner.Engine.Tests.Plugins;

/// <summary>
/// The plugin that <c>contracts/README.md</c> tells an author to write, made as that author makes it: from an empty folder, against the
/// packed contracts, with nothing of this repository around it.
/// </summary>
/// <param name="repository">The folder of the solution.</param>
/// <param name="folder">An existing folder outside the repository, which gets the feed, the sources and the published plugin.</param>
internal sealed partial class ReadmePlugin(string repository, string folder)
{
    /// <summary>The plugin's name: that of its folder and its DLL.</summary>
    public const string Name = "Greeting";

    /// <summary>The job type that it declares. Its configuration is an object with a text <c>name</c>.</summary>
    public const string JobType = "GREETING";

    /// <summary>The folder that holds the packed contracts.</summary>
    public string Feed => Path.Combine(folder, "feed");

    /// <summary>The folder that holds the author's files.</summary>
    public string Sources => Path.Combine(folder, Name);

    private string Published => Path.Combine(folder, "published", Name);

    /// <summary>Takes all steps: the plugin is then in the plugins folder.</summary>
    public async Task DropIntoAsync(string pluginsFolder)
    {
        await PackContractsAsync();
        await WriteSourcesAsync();
        await PublishAsync();
        Drop(pluginsFolder);
    }

    /// <summary>Packs the contracts into <see cref="Feed"/>, without touching the build in the repository.</summary>
    public Task PackContractsAsync() =>
        RunAsync(repository, "pack", "contracts", "--output", Feed, $"--property:ArtifactsPath={Path.Combine(folder, "artifacts")}");

    /// <summary>Writes each file that the README shows: a line with its name in backquotes and a colon, then the block.</summary>
    public async Task WriteSourcesAsync()
    {
        Directory.CreateDirectory(Sources);
        var readme = await File.ReadAllTextAsync(Path.Combine(repository, "contracts", "README.md"));
        foreach (Match file in NamedBlock().Matches(readme.ReplaceLineEndings("\n")))
            await File.WriteAllTextAsync(Path.Combine(Sources, file.Groups["name"].Value), file.Groups["text"].Value);
    }

    /// <summary>Restores, from the feed and the machine's own sources, and builds.</summary>
    public Task PublishAsync() => RunAsync(Sources, "publish", "--configuration", "Release", "--output", Published);

    /// <summary>Renames the published folder into a plugins folder on the same file system.</summary>
    public void Drop(string pluginsFolder)
    {
        Directory.CreateDirectory(pluginsFolder);
        Directory.Move(Published, Path.Combine(pluginsFolder, Name));
    }

    // The package under test has a version that may be in the machine's package folder with other contents.
    private Task<string> RunAsync(string workingFolder, params string[] arguments) =>
        DotNet.RunAsync(workingFolder, Path.Combine(folder, "packages"), arguments);

    [GeneratedRegex(@"^`(?<name>[\w.]+)`:\n```\w+\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex NamedBlock();
}
