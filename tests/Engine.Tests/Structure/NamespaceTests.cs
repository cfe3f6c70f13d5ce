using System.Text.RegularExpressions;
using DelphiRunner.Engine.Tests.Plugins;

namespace DelphiRunner.Engine.Tests.Structure;

public sealed partial class NamespaceTests
{
    [TestCase("contracts", "DelphiRunner.Contracts")]
    [TestCase("host/Engine", "DelphiRunner.Engine")]
    [TestCase("host/Runner", "DelphiRunner.Runner")]
    [TestCase("plugins/Delphi", "DelphiRunner.Plugins.Delphi")]
    [TestCase("tests/Engine.Tests", "DelphiRunner.Engine.Tests")]
    public void Namespaces_follow_folders(string folder, string root)
    {
        var files = Directory.GetFiles(Repository.File(folder), "*.cs", SearchOption.AllDirectories);

        var astray = from file in files
                     let below = Path.GetDirectoryName(Path.GetRelativePath(Repository.File(folder), file))!
                     let expected = below.Length == 0 ? root : $"{root}.{below.Replace(Path.DirectorySeparatorChar, '.')}"
                     from Match declared in Declaration().Matches(File.ReadAllText(file))
                     where declared.Groups[1].Value != expected
                     select $"{file} declares {declared.Groups[1].Value} instead of {expected}";

        Assert.That(files, Is.Not.Empty);
        Assert.That(astray, Is.Empty);
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Declaration();
}
