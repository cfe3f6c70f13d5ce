using System.Text.Json.Nodes;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine.Tests;

internal sealed class StoredResultsTests
{
    [Test]
    public void The_handlers_results_stand_beside_the_hosts_and_cannot_replace_them()
    {
        var json = StoredResults.Results(StoredResults.Failure, Rows.Noon, "broken", """{"result_type":"SUCCESS","error":"none","return_code":2}""");

        Assert.That(
            json, Is.EqualTo("""{"result_type":"FAILURE","completed_at":"2026-01-02T12:00:00.000000+00:00","error":"broken","return_code":2}"""));
    }

    [TestCase("[1]")]
    [TestCase("{")]
    [TestCase("""{"a":1,"a":2}""")]
    [TestCase("""{"a":"\ud800"}""")]
    [TestCase("""{"a":["\ud800"]}""")]
    [TestCase("""{"\ud800":1}""")]
    public void Results_that_no_row_can_hold_are_refused(string results) =>
        Assert.That(() => StoredResults.Results(StoredResults.Success, Rows.Noon, null, results), Throws.TypeOf<InvalidJobException>());

    [TestCase("""[{"end":"a\udcff"}]""", "a\uFFFD")]
    [TestCase("""[{"end":"\ud83d\ude00 \\udcff"}]""", "\U0001F600 \\udcff")]
    public void Half_a_character_in_the_history_that_a_row_has_costs_no_more_than_itself(string stored, string end)
    {
        var attempts = JsonNode.Parse(StoredResults.Attempts(stored, Record(2)))!.AsArray();

        Assert.That(attempts, Has.Count.EqualTo(2));
        Assert.That((string?)attempts[0]!["end"], Is.EqualTo(end));
    }

    [Test]
    public void The_history_keeps_the_last_twenty_attempts()
    {
        string? stored = null;
        foreach (var attempt in Enumerable.Range(1, 25))
        {
            stored = StoredResults.Attempts(stored, Record(attempt));
        }

        var attempts = JsonNode.Parse(stored!)!.AsArray();
        Assert.That(attempts, Has.Count.EqualTo(20));
        Assert.That((int)attempts[0]!["attempt"]!, Is.EqualTo(6));
    }

    [Test]
    public void A_history_that_cannot_be_read_is_started_anew() =>
        Assert.That(JsonNode.Parse(StoredResults.Attempts("{broken", Record(1)))!.AsArray(), Has.Count.EqualTo(1));

    [TestCase(ProcessEnd.Exited, 3, "failed", "exit")]
    [TestCase(ProcessEnd.Exited, 137, "failed", "exit or signal")]
    [TestCase(ProcessEnd.TimeLimit, 143, "failed", "time limit")]
    [TestCase(ProcessEnd.Stopped, 143, "cancelled", "cancelled")]
    [TestCase(ProcessEnd.Stopped, 143, "given back", "stopped with the host")]
    public void An_entry_says_how_the_command_ended_what_it_used_and_what_shows_that_it_is_gone(ProcessEnd end, int code, string how, string expected)
    {
        var run = new ProcessRun
        {
            Result = new ProcessResult
            {
                End = end,
                ExitCode = code,
                StartedAt = Rows.Noon,
                Elapsed = TimeSpan.FromSeconds(2),
                TimeLimit = TimeSpan.FromHours(1),
                LastLines = [],
                OutputLines = 3,
                OutputBytes = 40,
                CpuTime = TimeSpan.FromMilliseconds(1500),
                PeakMemoryBytes = 4096,
                IsUsageSampled = true,
            },
            ExitConfirmed = true,
            ExitProof = "namespace gone",
            Containment = "PID namespace (processes)",
        };

        var entry = JsonNode.Parse(StoredResults.Attempts(null, Record(1) with { End = how, Run = run }))![0]!.AsObject();

        Assert.That(entry.Where(pair => pair.Key is not ("attempt" or "host" or "worker_id" or "started_at" or "ended_at" or "end")).ToDictionary(pair => pair.Key, pair => pair.Value!.ToString()), Is.EqualTo(new Dictionary<string, string>
        {
            ["exit_code"] = $"{code}",
            ["elapsed_ms"] = "2000",
            ["output_lines"] = "3",
            ["output_bytes"] = "40",
            ["cpu_ms"] = "1500",
            ["peak_memory_bytes"] = "4096",
            ["usage_sampled"] = "true",
            ["ended_by"] = expected,
            ["containment"] = "PID namespace (processes)",
            ["exit_proof"] = "namespace gone",
        }));
    }

    [TestCase(ProcessEnd.Exited, 137, "failed", "out of memory")]
    [TestCase(ProcessEnd.Exited, 0, "completed", "exit")]
    [TestCase(ProcessEnd.TimeLimit, 143, "failed", "time limit")]
    [TestCase(ProcessEnd.Stopped, 143, "cancelled", "cancelled")]
    [TestCase(ProcessEnd.Stopped, 143, "given back", "stopped with the host")]
    public void An_entry_says_that_memory_ran_out_where_that_ended_the_command(ProcessEnd end, int code, string how, string expected)
    {
        var run = new ProcessRun
        {
            Result = new ProcessResult { End = end, ExitCode = code, StartedAt = Rows.Noon, Elapsed = TimeSpan.Zero, TimeLimit = TimeSpan.FromHours(1), LastLines = [], RanOutOfMemory = true },
            ExitConfirmed = true,
            ExitProof = "namespace gone",
        };

        var entry = JsonNode.Parse(StoredResults.Attempts(null, Record(1) with { End = how, Run = run }))![0]!.AsObject();

        Assert.That((string?)entry["ended_by"], Is.EqualTo(expected));
        Assert.That(entry.ContainsKey("cpu_ms"), Is.False, "what was not measured is not there");
    }

    private static AttemptRecord Record(int attempt) => new()
    {
        Attempt = attempt,
        Host = "h",
        WorkerId = "w",
        StartedAt = Rows.Noon,
        EndedAt = Rows.Noon,
        End = "failed",
    };
}
