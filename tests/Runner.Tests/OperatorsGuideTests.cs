using System.Globalization;
using System.Text.Json.Nodes;
using DelphiRunner.Runner.Cli;
using DelphiRunner.Runner.Configuration;
using DelphiRunner.Runner.Tests.Configuration;

namespace DelphiRunner.Runner.Tests;

public sealed class OperatorsGuideTests
{
    private static readonly string Guide = File.ReadAllText(RunnerYamlTests.RepositoryFile("host/README.md"));

    [Test]
    public void Every_key_of_the_configuration_is_in_the_guide()
    {
        var configuration = ConfigurationFolder.LoadText(
            ConfigurationFolder.Least.Replace("plugins }", "plugins, settings: { NAME: {} }, routes: { TYPE: NAME } }", StringComparison.Ordinal) + "job_types: { TYPE: {} }\n");

        var missing = Keys(ConfigurationView.Of(configuration), "").Where(key => !Guide.Contains($"`{key}`", StringComparison.Ordinal));

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Every_exit_code_is_in_the_guide()
    {
        var codes = typeof(ExitCodes).GetFields().Select(field => (int)field.GetRawConstantValue()!);

        var missing = codes.Where(code => !Guide.Contains(string.Create(CultureInfo.InvariantCulture, $"| {code} | "), StringComparison.Ordinal));

        Assert.That(missing, Is.Empty);
    }

    private static IEnumerable<string> Keys(JsonObject map, string path) => map.SelectMany(pair =>
    {
        var key = path.Length == 0 ? pair.Key : $"{path}.{pair.Key}";
        return pair.Value is JsonObject { Count: > 0 } section ? Keys(section, key) : [key];
    });
}
