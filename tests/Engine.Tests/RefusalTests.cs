using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests;

/// <summary>Whatever a host refuses of a job is in that job's log and in the host's figures.</summary>
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class RefusalTests : IAsyncDisposable
{
    private readonly HostOnFile _host = new();
    private readonly ConcurrentDictionary<string, long> _counted = new();
    private readonly MeterListener _listener = new();

    public RefusalTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RefusalCounts.MeterName && instrument.Name == RefusalCounts.CounterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var byName = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            _counted.AddOrUpdate($"{byName["kind"]} of {byName["job_type"]}", value, (_, before) => before + value);
        });
        _listener.Start();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _host.DisposeAsync();
    }

    [TestCase("program", "program", "/bin/cat", "is named neither in the plugin's settings nor by its handler")]
    [TestCase("working_folder", "working_directory", "/no/such/folder", "does not exist")]
    [TestCase("arguments", "script", "a\0b", "holds a NUL character")]
    public async Task A_command_that_is_denied_is_counted_by_what_was_wrong_and_named_in_its_jobs_log(string kind, string key, string value, string message)
    {
        await _host.SubmitAsync("job", "true", (key, value));

        await _host.RunAsync();

        var row = await _host.ReadAsync("job");
        Assert.That(_counted, Is.EquivalentTo(new Dictionary<string, long> { [$"{kind} of SHELL"] = 1 }));
        Assert.That(row.Status, Is.EqualTo("FAILED"));
        Assert.That(row.Text(JobAttributes.Logs), Does.Contain(message.Replace("'", "\\u0027", StringComparison.Ordinal)).Or.Contain(message));
        Assert.That(_host.Log.MessageOf("RefusalsCounted"), Does.StartWith($"Refused since the start: {kind} of SHELL 1"));
    }

    [Test]
    public async Task A_program_that_was_changed_is_counted_by_itself()
    {
        _host.Configure = options => options with { Security = new SecurityOptions { ProgramHashes = new Dictionary<string, string> { ["sh"] = new('0', 64) } } };
        await _host.SubmitAsync("job", "true");

        await _host.RunAsync();

        Assert.That(_counted, Is.EquivalentTo(new Dictionary<string, long> { ["program_hash of SHELL"] = 1 }));
        Assert.That((await _host.ReadAsync("job")).Text(JobAttributes.Logs), Does.Contain("security.program_hashes"));
    }

    [Test]
    public async Task What_is_left_out_of_a_command_that_runs_is_counted_one_by_one()
    {
        _host.Shell = new JobTypeOptions { Secrets = [new("NO_SUCH_SECRET"), new("NO_SUCH_FILE", AsFile: true)] };
        var variables = new System.Text.Json.Nodes.JsonObject { ["LD_PRELOAD"] = "x.so", ["1BAD"] = "x", ["NO_SUCH_SECRET"] = "forged", ["MAX_VOTES"] = new string('9', 2000) };
        for (var i = 0; i < 5; i++)
            variables[$"FURTHER_{i}"] = "x";
        var config = new System.Text.Json.Nodes.JsonObject { ["script"] = "true", ["row_environment"] = variables };
        await _host.SubmitAsync(new NewJob { Id = "job", Type = "SHELL", ConfigJson = config.ToJsonString() }, (JobAttributes.TimeoutSeconds, RowValue.OfText("soon")));

        await _host.RunAsync();

        var row = await _host.ReadAsync("job");
        Assert.That(row.Status, Is.EqualTo("COMPLETED"));
        Assert.That(_counted, Is.EquivalentTo(new Dictionary<string, long>
        {
            ["time_limit of SHELL"] = 1,
            ["environment_name of SHELL"] = 8,
            ["environment_value of SHELL"] = 1,
            ["secret of SHELL"] = 2,
        }));
        foreach (var named in new[] { "timeout_seconds is", "1BAD", "LD_PRELOAD", "NO_SUCH_SECRET", "MAX_VOTES", "NO_SUCH_FILE" })
            Assert.That(row.Text(JobAttributes.Logs), Does.Contain(named));
        Assert.That(
            _host.Log.MessageOf("RefusalsCounted"),
            Does.StartWith("Refused since the start: time_limit of SHELL 1, environment_name of SHELL 8, environment_value of SHELL 1, secret of SHELL 2"));
        Assert.That(_host.Log.Count("RefusalBegan"), Is.EqualTo(4), "the first of each kind is told at once");
    }

    [TestCase("arguments", "sh", 200_000)]
    [TestCase("program", "/bin/cat", 1)]
    public async Task What_is_left_out_of_a_command_is_named_and_counted_when_the_command_is_denied_for_something_else(string kind, string program, int length)
    {
        _host.Shell = new JobTypeOptions { Secrets = [new("NO_SUCH_SECRET")] };
        var config = new System.Text.Json.Nodes.JsonObject
        {
            ["program"] = program,
            ["script"] = new string('x', length),
            ["row_environment"] = new System.Text.Json.Nodes.JsonObject { ["LD_PRELOAD"] = "x.so" },
        };
        await _host.SubmitAsync(new NewJob { Id = "job", Type = "SHELL", ConfigJson = config.ToJsonString() }, (JobAttributes.TimeoutSeconds, RowValue.OfText("soon")));

        await _host.RunAsync();

        var row = await _host.ReadAsync("job");
        Assert.That(row.Status, Is.EqualTo("FAILED"));
        Assert.That(_counted, Is.EquivalentTo(new Dictionary<string, long>
        {
            ["time_limit of SHELL"] = 1,
            ["environment_name of SHELL"] = 1,
            ["secret of SHELL"] = 1,
            [$"{kind} of SHELL"] = 1,
        }));
        foreach (var named in new[] { "timeout_seconds is", "LD_PRELOAD", "NO_SUCH_SECRET" })
            Assert.That(row.Text(JobAttributes.Logs), Does.Contain(named));
    }

    [TestCase("attribute", "true", "status", "which belongs to the host")]
    [TestCase("result_file", "echo none > \"$DELPHI_RESULT_FILE\"", null, "The result file of the command was left out")]
    [TestCase("job", null, null, "There is no script.")]
    public async Task What_a_handler_or_a_command_asks_for_in_vain_is_counted_as_it_is_named(string kind, string? script, string? attribute, string message)
    {
        var config = new System.Text.Json.Nodes.JsonObject();
        foreach (var (name, value) in new[] { ("script", script), ("attribute", attribute) })
        {
            if (value is not null)
                config[name] = value;
        }

        await _host.SubmitAsync(new NewJob { Id = "job", Type = "SHELL", ConfigJson = config.ToJsonString() });

        await _host.RunAsync();

        Assert.That(_counted, Is.EquivalentTo(new Dictionary<string, long> { [$"{kind} of SHELL"] = 1 }));
        Assert.That((await _host.ReadAsync("job")).Text(JobAttributes.Logs), Does.Contain(message));
    }

    [Test]
    public async Task What_was_refused_stays_in_the_row_of_a_later_attempt_whose_command_warns_much()
    {
        var earlier = new System.Text.Json.Nodes.JsonArray([.. Enumerable.Range(0, 8).Select(i => new System.Text.Json.Nodes.JsonObject { ["level"] = "INFO", ["message"] = $"earlier {i}" })]);
        var config = new System.Text.Json.Nodes.JsonObject
        {
            ["script"] = "for i in $(seq 50); do echo \"WARNING: $i\"; echo \"ERROR: $i\"; echo $i; done",
            ["row_environment"] = new System.Text.Json.Nodes.JsonObject { ["LD_PRELOAD"] = "x.so", ["PYTHONPATH"] = "/tmp" },
        };
        await _host.SubmitAsync(
            new NewJob { Id = "job", Type = "SHELL", ConfigJson = config.ToJsonString() },
            (JobAttributes.Logs, RowValue.OfText(new System.Text.Json.Nodes.JsonObject { ["entries"] = earlier }.ToJsonString())));

        await _host.RunAsync();

        var logs = (await _host.ReadAsync("job")).Text(JobAttributes.Logs);
        Assert.That(logs, Does.Contain("earlier 7").And.Contain("WARNING: 50"));
        Assert.That(logs, Does.Contain("LD_PRELOAD").And.Contain("PYTHONPATH"));
    }

    [Test]
    public async Task Job_types_that_nobody_serves_count_as_one_since_rows_name_them()
    {
        _host.Configure = options => options with
        {
            Serving = options.Serving with { UnknownJobTypes = UnknownJobTypes.Fail, KnownJobTypes = new HashSet<string> { "SHELL" } },
        };
        await _host.SubmitAsync(new NewJob { Id = "one", Type = "MADE_UP" });
        await _host.SubmitAsync(new NewJob { Id = "two", Type = "MADE_UP_TOO" });

        await _host.RunAsync();

        Assert.That(_counted, Is.EquivalentTo(new Dictionary<string, long> { ["job_type of other"] = 2 }));
        Assert.That((await _host.ReadAsync("one")).Text(JobAttributes.Logs), Does.Contain("MADE_UP"));
    }

    [Test]
    public void A_job_type_that_would_be_less_confined_than_demanded_is_counted_at_start()
    {
        _host.Shell = new JobTypeOptions { Confinement = new ConfinementOptions { Sandbox = SandboxProfile.Off } };
        _host.Configure = options => options with { Execution = options.Execution with { Sandbox = SandboxMode.Required } };

        Assert.That(() => _host.RunAsync(), Throws.TypeOf<ConfinementException>());

        Assert.That(_counted, Is.EquivalentTo(new Dictionary<string, long> { ["confinement of SHELL"] = 1 }));
        Assert.That(_host.Log.MessageOf("JobTypeRefused"), Does.Contain("SHELL"));
    }

    [Test]
    public async Task A_host_that_refused_nothing_says_nothing_of_it()
    {
        await _host.SubmitAsync("job", "true");

        await _host.RunAsync();

        Assert.That(_counted, Is.Empty);
        Assert.That(_host.Log.Count("RefusalsCounted"), Is.Zero);
    }
}
