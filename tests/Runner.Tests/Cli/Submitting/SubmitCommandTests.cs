using System.Text.Json;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Tests.Cli.Submitting;

public sealed class SubmitCommandTests
{
    private RunnerProgram _program = null!;

    [SetUp]
    public void Create_program() => _program = new RunnerProgram();

    [TearDown]
    public void Remove_program() => _program.Dispose();

    [Test]
    public async Task A_new_row_has_every_attribute_that_the_existing_writers_write()
    {
        var run = await Submit(
            "--type", "FULL_PIPELINE", "--conversation-id", "39321", "--report-id", "r4tyk", "--job-config", "{\"include_moderation\": true}", "--priority", "70", "--id", "job-1");

        var row = await Show("job-1");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Output.TrimEnd(), Is.EqualTo("Job submitted with ID: job-1"));
            Assert.That(Text(row, "status"), Is.EqualTo("PENDING"));
            Assert.That(Text(row, "job_type"), Is.EqualTo("FULL_PIPELINE"));
            Assert.That(Text(row, "conversation_id"), Is.EqualTo("39321"));
            Assert.That(Text(row, "report_id"), Is.EqualTo("r4tyk"));
            Assert.That(Text(row, "worker_id"), Is.EqualTo("none"));
            Assert.That(Text(row, "started_at"), Is.Empty);
            Assert.That(Text(row, "completed_at"), Is.Empty);
            Assert.That(Text(row, "created_at"), Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$"));
            Assert.That(Text(row, "updated_at"), Is.EqualTo(Text(row, "created_at")));
            Assert.That(Text(row, "created_by"), Is.EqualTo("delphi-runner"));
            Assert.That(Number(row, "version"), Is.EqualTo(1));
            Assert.That(Number(row, "priority"), Is.EqualTo(70));
            Assert.That(Number(row, "retry_count"), Is.Zero);
            Assert.That(Number(row, "max_retries"), Is.EqualTo(3));
            Assert.That(Number(row, "timeout_seconds"), Is.EqualTo(14400));
            Assert.That(row.GetProperty("job_config").GetProperty("include_moderation").GetBoolean(), Is.True);
            Assert.That(row.GetProperty("job_results").GetRawText(), Is.EqualTo("{}"));
            Assert.That(row.GetProperty("logs").GetProperty("entries").GetArrayLength(), Is.EqualTo(1));
            Assert.That(row.TryGetProperty("not_before", out _), Is.False);
        }
    }

    [Test]
    public async Task An_id_is_made_in_the_form_that_readers_of_the_job_type_expect()
    {
        var pipeline = (await Submit("--type", "FULL_PIPELINE", "--output", "json")).Json;
        var narrative = (await Submit("--type", "CREATE_NARRATIVE_BATCH", "--report-id", "r4tyk", "--output", "json")).Json;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(pipeline.GetProperty("created").GetBoolean(), Is.True);
            Assert.That(Guid.TryParse(pipeline.GetProperty("job_id").GetString(), out _), Is.True);
            Assert.That(narrative.GetProperty("job_id").GetString(), Does.Match("^batch_report_r4tyk_[0-9]{10}_[0-9a-f]{8}$"));
        }
    }

    [TestCase("2031-01-31T18:00:00Z", "2031-01-31T18:00:00.000000+00:00")]
    [TestCase("2031-01-31T18:00:00+02:00", "2031-01-31T16:00:00.000000+00:00")]
    [TestCase("2031-01-31T18:00:00", "2031-01-31T18:00:00.000000+00:00")]
    public async Task A_time_to_wait_for_is_stored_in_UTC(string written, string stored)
    {
        await Submit("--type", "A", "--id", "job-1", "--not-before", written);

        Assert.That(Text(await Show("job-1"), "not_before"), Is.EqualTo(stored));
    }

    [Test]
    public async Task A_time_to_wait_for_may_be_a_duration_from_now()
    {
        var before = DateTimeOffset.UtcNow;

        await Submit("--type", "A", "--id", "job-1", "--not-before", "2h");

        var stored = RowTime.Parse(Text(await Show("job-1"), "not_before"))!.Value;
        Assert.That(stored - before, Is.InRange(TimeSpan.FromHours(2), TimeSpan.FromHours(2) + TimeSpan.FromMinutes(5)));
    }

    [TestCase("[1]", "It has to be a JSON object")]
    [TestCase("{\"a\":", "--job-config is no JSON")]
    [TestCase("", "--job-config is no JSON")]
    public async Task A_configuration_that_is_no_JSON_object_ends_with_65_and_stores_nothing(string config, string message)
    {
        var run = await _program.RunAsync("submit", "--type", "A", "--id", "job-1", "--job-config", config);

        Assert.That(run.ExitCode, Is.EqualTo(65));
        Assert.That(run.Error, Does.Contain(message));
        Assert.That((await _program.RunAsync("jobs", "show", "job-1")).ExitCode, Is.EqualTo(66));
    }

    [Test]
    public async Task An_id_that_is_taken_ends_with_65_and_changes_nothing()
    {
        await Submit("--type", "A", "--id", "job-1", "--priority", "1");
        var before = (await _program.RunAsync("jobs", "show", "job-1", "--output", "json")).Output;

        var run = await _program.RunAsync("submit", "--type", "B", "--id", "job-1", "--priority", "2");

        Assert.That(run.ExitCode, Is.EqualTo(65));
        Assert.That(run.Error, Does.Contain("A job 'job-1' is in").And.Contain("Nothing was changed"));
        Assert.That((await _program.RunAsync("jobs", "show", "job-1", "--output", "json")).Output, Is.EqualTo(before));
    }

    [TestCase("submit", "Nothing to submit")]
    [TestCase("submit --type A --from x.json", "--type does not go with --from")]
    [TestCase("submit --type A --priority 101", "--priority is 101")]
    [TestCase("submit --type A --not-before tomorrow", "--not-before is 'tomorrow'")]
    [TestCase("submit --type CREATE_NARRATIVE_BATCH", "--report-id is missing")]
    public async Task Options_that_do_not_fit_end_with_64(string arguments, string message)
    {
        var run = await _program.RunAsync(arguments.Split(' '));

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Error, Does.Contain(message));
    }

    [Test]
    public async Task Rows_from_files_are_stored_as_they_are()
    {
        var one = _program.Write("one.json", """{"job_id": {"S": "one"}, "status": {"S": "odd"}, "version": {"N": "007"}}""");
        var two = _program.Write("two.json", """{"Item": {"job_id": {"S": "two"}, "nothing": {"NULL": true}}}""");

        var run = await Submit("--from", one, two, "--output", "json");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                run.Json.GetProperty("submitted").EnumerateArray().Select(result => (Text(result, "file"), Text(result, "job_id"), result.GetProperty("created").GetBoolean())),
                Is.EqualTo(new[] { (one, "one", true), (two, "two", true) }));
            Assert.That(Text(await Show("one"), "status"), Is.EqualTo("odd"));
            Assert.That((await Show("two")).GetProperty("nothing").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    [Test]
    public async Task One_file_that_is_no_row_keeps_all_from_being_stored_and_each_such_file_is_named()
    {
        var good = _program.Write("good.json", """{"job_id": {"S": "good"}}""");
        var same = _program.Write("same.json", """{"job_id": {"S": "good"}}""");
        var keyless = _program.Write("keyless.json", """{"status": {"S": "PENDING"}}""");
        var broken = _program.Write("broken.json", "{");

        var run = await _program.RunAsync("submit", "--from", good, same, keyless, broken);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(65));
            Assert.That(run.Error, Does.Contain("Nothing was submitted"));
            Assert.That(run.Error, Does.Contain($"{same}: The id 'good' is that of {good} too"));
            Assert.That(run.Error, Does.Contain($"{keyless}: ").And.Contain("job_id"));
            Assert.That(run.Error, Does.Contain($"{broken}: "));
            Assert.That((await _program.RunAsync("jobs", "show", "good")).ExitCode, Is.EqualTo(66));
        }
    }

    [Test]
    public async Task A_file_that_is_missing_ends_with_66()
    {
        var run = await _program.RunAsync("submit", "--from", "absent.json");

        Assert.That(run.ExitCode, Is.EqualTo(66));
        Assert.That(run.Error, Does.Contain("absent.json: "));
    }

    [Test]
    public async Task A_row_whose_id_is_taken_is_named_while_the_others_are_stored()
    {
        var one = _program.Write("one.json", """{"job_id": {"S": "one"}}""");
        var two = _program.Write("two.json", """{"job_id": {"S": "two"}}""");
        await Submit("--from", one);

        var run = await _program.RunAsync("submit", "--from", one, two);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(65));
            Assert.That(run.Error, Does.Contain($"{one}: A job 'one' is in"));
            Assert.That(run.Output.TrimEnd(), Is.EqualTo($"{two}: Job submitted with ID: two"));
        }
    }

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();

    private static int Number(JsonElement row, string name) => row.GetProperty(name).GetInt32();

    private async Task<JsonElement> Show(string jobId) => (await _program.RunAsync("jobs", "show", jobId, "--output", "json")).Json;

    private async Task<ProgramRun> Submit(params string[] arguments)
    {
        var run = await _program.RunAsync(["submit", .. arguments]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return run;
    }
}
