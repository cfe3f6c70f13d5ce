namespace DelphiRunner.Runner.Tests.Configuration.Yaml;

public sealed class YamlJsonTests
{
    [TestCase("5", "5")]
    [TestCase("-5", "-5")]
    [TestCase("+5", "5")]
    [TestCase("007", "7")]
    [TestCase("0", "0")]
    [TestCase("0x1F", "31")]
    [TestCase("0xFF", "255")]
    [TestCase("0o17", "15")]
    [TestCase("1.50", "1.50")]
    [TestCase(".5", "0.5")]
    [TestCase("5.", "5")]
    [TestCase("1e3", "1e3")]
    [TestCase("-.5E-2", "-0.5E-2")]
    [TestCase("123456789012345678901234567890", "123456789012345678901234567890")]
    [TestCase("true", "true")]
    [TestCase("False", "false")]
    [TestCase("null", "null")]
    [TestCase("~", "null")]
    [TestCase("", "null")]
    [TestCase("yes", "\"yes\"")]
    [TestCase("on", "\"on\"")]
    [TestCase("2025-01-01", "\"2025-01-01\"")]
    [TestCase("1_000", "\"1_000\"")]
    [TestCase("60s", "\"60s\"")]
    [TestCase("\"5\"", "\"5\"")]
    [TestCase("'true'", "\"true\"")]
    [TestCase("\"\"", "\"\"")]
    [TestCase("ä'\"<>", "\"ä'\\\"<>\"")]
    [TestCase("[a, 1, [true]]", "[\"a\",1,[true]]")]
    [TestCase("{ b: 1, a: { c: ~ } }", "{\"b\":1,\"a\":{\"c\":null}}")]
    [TestCase("[]", "[]")]
    [TestCase("|\n        5\n        6", "\"5\\n6\"")]
    public void Free_settings_become_JSON_by_the_core_schema(string yaml, string json)
    {
        var configuration = ConfigurationFolder.LoadText($"store: {{ kind: sqlite, path: q }}\nplugins:\n  folder: p\n  settings:\n    P:\n      k: {yaml}\n");

        Assert.That(configuration.Plugins.Settings["P"].Replace("\\n\"", "\""), Is.EqualTo($"{{\"k\":{json}}}"));
    }

    [TestCase("        k: 1\n        k: 2", "plugins.settings.P.k", "stands twice")]
    [TestCase("        k: .inf", "plugins.settings.P.k", "cannot be handed to a plugin as JSON")]
    [TestCase("        5", "plugins.settings.P", "a map of keys, and has the number 5")]
    public void What_JSON_cannot_hold_is_reported(string settings, string key, string message)
    {
        using var folder = new ConfigurationFolder($"store: {{ kind: sqlite, path: q }}\nplugins:\n  folder: p\n  settings:\n    P:\n{settings}\n");

        var problem = folder.Problems().Single();

        Assert.That(problem.Key, Is.EqualTo(key));
        Assert.That(problem.Message, Does.Contain(message));
    }

    [Test]
    public void The_placeholder_for_the_folder_of_the_file_is_replaced_in_texts()
    {
        using var folder = new ConfigurationFolder("store: { kind: sqlite, path: q }\nplugins: { folder: p, settings: { P: { k: [\"{config}/bin\", \"{other}\"] } } }\n");

        Assert.That(folder.Load().Plugins.Settings["P"], Is.EqualTo($$"""{"k":["{{folder.Folder}}/bin","{other}"]}"""));
    }
}
