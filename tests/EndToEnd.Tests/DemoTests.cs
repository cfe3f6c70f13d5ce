using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>The shipped configuration with the sample application, in a folder of its own.</summary>
internal sealed class DemoTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeSetUp]
    public void TakeTheShippedConfiguration()
    {
        var shipped = File.ReadAllText(Path.Combine(BuiltFiles.Root, "runner.yaml"));
        _folder.Write(
            "runner.yaml",
            shipped.Replace("{config}/artifacts", BuiltFiles.Artifacts, StringComparison.Ordinal)
                .Replace(": artifacts/", $": {BuiltFiles.Artifacts}/", StringComparison.Ordinal));
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task The_demo_runs_all_three_job_types_with_a_recheck_and_a_second_time_too()
    {
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var demo = await RunAsync("demo", "--output", "json");

            Assert.That(demo.ExitCode, Is.Zero, demo.ToString());
            var result = JsonNode.Parse(demo.OutputText)!;
            var jobs = result["jobs"]!.AsArray().Select(job => job!).ToList();
            Assert.That(
                jobs.Select(job => (string?)job["job_type"]),
                Is.EquivalentTo(new[] { "FULL_PIPELINE", "CREATE_NARRATIVE_BATCH", "AWAITING_NARRATIVE_BATCH" }));
            Assert.That(jobs.Select(job => (string?)job["status"]), Is.All.EqualTo("COMPLETED"));
            Assert.That(jobs.Sum(job => (int)job["rechecks"]!), Is.GreaterThan(0));
            Assert.That(jobs.SelectMany(job => job["output"]!.AsArray()).Select(path => (string?)path), Is.All.Matches<string>(File.Exists));
        }
    }

    [Test]
    public async Task The_demo_does_not_run_the_jobs_of_others()
    {
        await RunAsync("submit", "--type", "FULL_PIPELINE", "--conversation-id", "1", "--id", "not-the-demos");

        var demo = await RunAsync("demo");
        var shown = await RunAsync("jobs", "show", "not-the-demos", "--output", "json");
        await RunAsync("run", "--once");

        Assert.That(demo.ExitCode, Is.EqualTo(65), demo.ToString());
        Assert.That(demo.ErrorText, Does.Contain("'not-the-demos'"));
        Assert.That((string?)JsonNode.Parse(shown.OutputText)!["status"], Is.EqualTo("PENDING"));
    }

    [Test]
    public async Task A_plan_shows_the_command_and_its_policy_and_runs_nothing()
    {
        var row = Path.Combine(BuiltFiles.DelphiJobs, "57-environment-as-map-hostile.json");

        var plan = await RunAsync("plan", "--from", row, "--output", "json");
        var listed = await RunAsync("jobs", "list", "--conversation-id", "none", "--output", "json");

        Assert.That(plan.ExitCode, Is.Zero, plan.ToString());
        var json = JsonNode.Parse(plan.OutputText)!;
        Assert.That(
            json["arguments"]!.AsArray().Select(argument => (string?)argument).Skip(1),
            Is.EqualTo(new[]
            {
                "run-delphi", "--zid=39321", "--include_moderation=True", "--exclude_comment_selections=True", "--rid=r4tykwac8thvzv35jrn53",
            }));
        Assert.That(json["environment_names"]!.AsArray().Select(name => (string?)name), Does.Contain("MAX_VOTES").And.Not.Contain("LD_PRELOAD"));
        Assert.That(json["refusals"]!.AsArray().Select(refusal => (string?)refusal), Has.Some.Contains("LD_PRELOAD").And.Some.Contains("PYTHONPATH"));
        Assert.That((string?)json["containment"], Does.StartWith("PID namespace (processes)").Or.StartWith("session and process group"));
        Assert.That(listed.ExitCode, Is.Zero, listed.ToString());
    }

    private Task<ProgramEnd> RunAsync(params string[] arguments) =>
        RunnerProgram.RunAsync(_folder.FullPath, new Dictionary<string, string>(), arguments);
}
