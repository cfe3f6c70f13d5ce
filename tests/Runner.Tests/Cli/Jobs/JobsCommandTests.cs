using System.Text.Json;

namespace DelphiRunner.Runner.Tests.Cli.Jobs;

public sealed class JobsCommandTests
{
    private const string Foreign = """
        {
          "job_id": {"S": "f1"}, "status": {"S": "PROCESSING"}, "job_type": {"S": "FULL_PIPELINE"}, "conversation_id": {"S": "7"},
          "created_at": {"S": "2025-12-10T18:42:07.431Z"}, "version": {"N": "3"}, "worker_id": {"S": "python"},
          "lock_expires_at": {"S": "2025-12-10T19:00:00.000000+00:00"}, "superseded_by": {"S": "f2"}, "secret_map": {"M": {"a": {"N": "1.50"}}},
          "job_config": {"S": "{\"include_moderation\":true}"},
          "logs": {"S": "{\"entries\":[{\"timestamp\":\"2025-12-10T18:42:07.431Z\",\"level\":\"INFO\",\"message\":\"Job \\u001b[31mcreated\"}],\"log_location\":\"\"}"}
        }
        """;

    private RunnerProgram _program = null!;

    [SetUp]
    public void Create_program() => _program = new RunnerProgram();

    [TearDown]
    public void Remove_program() => _program.Dispose();

    [Test]
    public async Task The_list_is_filtered_and_paged()
    {
        for (var i = 1; i <= 3; i++)
        {
            await Submit("--type", i == 2 ? "B" : "A", "--conversation-id", $"{i}", "--id", $"job-{i}");
        }

        var a = await Json("jobs", "list", "--type", "A");
        var second = await Json("jobs", "list", "--conversation-id", "2");
        var none = await Json("jobs", "list", "--status", "FAILED");
        var firstPage = await Json("jobs", "list", "--limit", "2");
        var lastPage = await Json("jobs", "list", "--limit", "2", "--after", firstPage.GetProperty("next").GetString()!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ids(a), Is.EqualTo(["job-3", "job-1"]));
            Assert.That(Ids(second), Is.EqualTo(["job-2"]));
            Assert.That(Ids(none), Is.Empty);
            Assert.That(Ids(firstPage), Is.EqualTo(["job-3", "job-2"]));
            Assert.That(Ids(lastPage), Is.EqualTo(["job-1"]));
            Assert.That(lastPage.GetProperty("next").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    [Test]
    public async Task A_token_that_is_none_ends_with_64()
    {
        var run = await _program.RunAsync("jobs", "list", "--after", "x");

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Error, Does.Contain("--after is 'x'"));
    }

    [Test]
    public async Task The_list_tells_age_claim_and_successor()
    {
        await _program.RunAsync("submit", "--from", _program.Write("f1.json", Foreign));

        var text = await _program.RunAsync("jobs", "list");
        var job = (await Json("jobs", "list")).GetProperty("jobs")[0];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(text.Output, Does.Match(@"f1 +FULL_PIPELINE +PROCESSING +7 +\d+d +0 +held by python, not one of ours, lock over since \d+d +superseded by f2"));
            Assert.That(job.GetProperty("claim").GetString(), Is.EqualTo("lock_expired"));
            Assert.That(job.GetProperty("superseded_by").GetString(), Is.EqualTo("f2"));
            Assert.That(job.GetProperty("age_seconds").GetInt64(), Is.GreaterThan(86_400));
            Assert.That(job.GetProperty("report_id").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    [Test]
    public async Task A_job_is_shown_with_its_stored_names_and_the_JSON_in_its_texts_parsed()
    {
        await _program.RunAsync("submit", "--from", _program.Write("f1.json", Foreign));

        var row = await Json("jobs", "show", "f1");
        var text = await _program.RunAsync("jobs", "show", "f1");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(row.GetProperty("job_config").GetProperty("include_moderation").GetBoolean(), Is.True);
            Assert.That(row.GetProperty("logs").GetProperty("entries").GetArrayLength(), Is.EqualTo(1));
            Assert.That(row.GetProperty("secret_map").GetProperty("a").GetRawText(), Is.EqualTo("1.50"));
            Assert.That(row.GetProperty("version").GetInt32(), Is.EqualTo(3));
            Assert.That(text.Output, Does.Contain("job_id: f1").And.Contain("\"include_moderation\": true").And.Contain("(held by python"));
            Assert.That(text.Output, Does.Not.Contain('\u001b'));
        }
    }

    [Test]
    public async Task The_log_of_a_row_is_printed_without_control_characters()
    {
        await _program.RunAsync("submit", "--from", _program.Write("f1.json", Foreign));

        var text = await _program.RunAsync("jobs", "logs", "f1");
        var json = await Json("jobs", "logs", "f1");

        Assert.That(text.Output.TrimEnd(), Is.EqualTo("2025-12-10T18:42:07.431Z INFO: Job \uFFFD[31mcreated"));
        Assert.That(json.GetProperty("entries")[0].GetProperty("message").GetString(), Is.EqualTo("Job \u001b[31mcreated"));
    }

    [TestCase("{\"S\": \"not json\"}", 65)]
    [TestCase("{\"S\": \"[1]\"}", 65)]
    [TestCase("{\"S\": \"{\\\"entries\\\": 5}\"}", 65)]
    [TestCase("{\"S\": \"\"}", 0)]
    [TestCase("{\"S\": \"{}\"}", 0)]
    [TestCase("{\"NULL\": true}", 0)]
    [TestCase("{\"M\": {\"entries\": {\"L\": [{\"M\": {\"message\": {\"S\": \"x\"}}}, {\"S\": \"y\"}]}}}", 0)]
    public async Task A_log_in_another_form_is_read_or_refused_with_a_message(string logs, int exitCode)
    {
        await _program.RunAsync("submit", "--from", _program.Write("f1.json", $$"""{"job_id": {"S": "f1"}, "logs": {{logs}} }"""));

        var run = await _program.RunAsync("jobs", "logs", "f1");

        Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Error);
        Assert.That(run.Error, exitCode == 0 ? Is.Empty : Does.Contain("The log of job 'f1' is not in the form"));
    }

    [TestCase("show")]
    [TestCase("logs")]
    public async Task An_unknown_job_ends_with_66(string command)
    {
        var run = await _program.RunAsync("jobs", command, "nobody");

        Assert.That(run.ExitCode, Is.EqualTo(66));
        Assert.That(run.Error, Does.Contain("There is no job 'nobody'"));
    }

    [Test]
    public async Task The_spool_of_every_attempt_on_this_host_is_printed()
    {
        var spools = Directory.CreateDirectory(Path.Combine(_program.Folder, "state", "spools")).FullName;
        await File.WriteAllTextAsync(Path.Combine(spools, "job-1.attempt-001.check-00000.log"), "first\n");
        await File.WriteAllTextAsync(Path.Combine(spools, "job-1.attempt-002.check-00000.log"), "second\n");
        await File.WriteAllTextAsync(Path.Combine(spools, "job-10.attempt-001.check-00000.log"), "another job's\n");

        var text = await _program.RunAsync("jobs", "logs", "job-1", "--spool");
        var json = await Json("jobs", "logs", "job-1", "--spool");

        Assert.That(text.Output, Is.EqualTo($"first{Environment.NewLine}second{Environment.NewLine}"));
        Assert.That(json.GetProperty("spools").EnumerateArray().Select(spool => spool.GetProperty("text").GetString()), Is.EqualTo(["first\n", "second\n"]));
    }

    [Test]
    public async Task A_spool_of_several_parts_is_printed_as_one_text()
    {
        var spools = Directory.CreateDirectory(Path.Combine(_program.Folder, "state", "spools")).FullName;
        var spool = Path.Combine(spools, "job-1.attempt-001.check-00000.log");
        await File.WriteAllTextAsync(spool, "first\nse");
        await File.WriteAllTextAsync(spool + ".gap", "\n[20 bytes are not here]\n");
        await File.WriteAllTextAsync(spool + ".tail-0000000000000030", "before the la");
        await File.WriteAllTextAsync(spool + ".tail-0000000000000100", "st\nlast\n");

        var text = await _program.RunAsync("jobs", "logs", "job-1", "--spool");
        var json = await Json("jobs", "logs", "job-1", "--spool");

        Assert.That(text.Output.ReplaceLineEndings("\n"), Is.EqualTo("first\nse\n[20 bytes are not here]\nbefore the last\nlast\n"));
        Assert.That(
            json.GetProperty("spools").EnumerateArray().Select(spool => spool.GetProperty("text").GetString()),
            Is.EqualTo(["first\nse\n[20 bytes are not here]\nbefore the last\nlast\n"]));
    }

    [Test]
    public async Task A_job_without_spool_here_ends_with_66()
    {
        var run = await _program.RunAsync("jobs", "logs", "job-1", "--spool");

        Assert.That(run.ExitCode, Is.EqualTo(66));
        Assert.That(run.Error, Does.Contain("has not run on this host"));
    }

    private static IEnumerable<string?> Ids(JsonElement list) => list.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job_id").GetString());

    private async Task Submit(params string[] arguments)
    {
        var run = await _program.RunAsync(["submit", .. arguments]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
    }

    private async Task<JsonElement> Json(params string[] arguments) => (await _program.RunAsync([.. arguments, "--output", "json"])).Json;
}
