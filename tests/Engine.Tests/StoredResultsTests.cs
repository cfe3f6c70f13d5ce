using System.Text.Json.Nodes;
using DelphiRunner.Contracts;

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
    public void Results_that_are_no_object_are_refused(string results) =>
        Assert.That(() => StoredResults.Results(StoredResults.Success, Rows.Noon, null, results), Throws.TypeOf<InvalidJobException>());

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
