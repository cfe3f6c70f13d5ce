using System.Text.Json.Nodes;
using DelphiRunner.Engine.Tests.Plugins;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A plugin as its author makes it, in a host that has never seen it.</summary>
internal sealed class DroppedPluginTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    [Test]
    public async Task A_plugin_made_from_an_empty_folder_runs_its_jobs_without_a_rebuild_of_the_host()
    {
        using var author = new TemporaryFolder();
        using var operators = new TemporaryFolder();
        var plugins = Path.Combine(operators.FullPath, "plugins");
        operators.Write(
            "runner.yaml",
            """
            store: { kind: sqlite, path: queue.db }
            plugins:
              folder: plugins
              settings:
                Greeting: { greeting: Good morning }
            """);
        await new ReadmePlugin(BuiltFiles.Root, author.FullPath).DropIntoAsync(plugins);

        var submitted = await RunAsync(operators, "submit", "--type", ReadmePlugin.JobType, "--job-config", """{"name":"Ada"}""", "--id", "greeting-1");
        var run = await RunAsync(operators, "run", "--once");
        var shown = await RunAsync(operators, "jobs", "show", "greeting-1", "--output", "json");

        Assert.That(submitted.ExitCode, Is.Zero, submitted.ToString());
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        Assert.That(run.Output, Has.Some.EqualTo("[DELPHI JOB greeting] INFO: [stdout] Good morning Ada"));
        var row = JsonNode.Parse(shown.OutputText)!;
        Assert.That((string?)row["status"], Is.EqualTo("COMPLETED"));
        Assert.That((string?)row["job_results"]!["said"], Is.EqualTo("Good morning Ada"));
        Assert.That((string?)row["handled_by"], Does.StartWith("Greeting "));
    }

    private static Task<ProgramEnd> RunAsync(TemporaryFolder folder, params string[] arguments) =>
        RunnerProgram.RunAsync(folder.FullPath, NoEnvironment, arguments);
}
