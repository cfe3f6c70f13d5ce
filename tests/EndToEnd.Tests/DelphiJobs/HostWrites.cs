using System.Collections.Immutable;
using static DelphiRunner.EndToEnd.Tests.DelphiJobs.ExpectedValue;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>The attributes that a claim and an ending write, and nothing else.</summary>
internal static class HostWrites
{
    /// <summary>A claim and an ending: two versions on.</summary>
    public static ImmutableDictionary<string, ExpectedValue> Completed(int version, int attempt = 1) => Ended("COMPLETED", version, attempt);

    public static ImmutableDictionary<string, ExpectedValue> Failed(int version, int attempt = 1) =>
        Ended("FAILED", version, attempt).Add("error_message", SomeText);

    private static ImmutableDictionary<string, ExpectedValue> Ended(string status, int version, int attempt) =>
        ImmutableDictionary.CreateRange(new Dictionary<string, ExpectedValue>
        {
            ["status"] = Text(status),
            ["version"] = Number(version),
            ["worker_id"] = Uuid,
            ["started_at"] = Now,
            ["updated_at"] = Now,
            ["completed_at"] = Now,
            ["job_results"] = JsonText,
            ["logs"] = JsonText,
            // Readers of the existing table know retries, not attempts.
            ["attempt"] = Number(attempt),
            ["retry_count"] = Number(attempt - 1),
            ["rechecks"] = Number(0).OrMissing(),
            // Without it the server's guard never lets a failed conversation be run again.
            ["process_exit_confirmed"] = True,
            ["exit_proof"] = SomeText,
            ["handled_by"] = SomeText,
            ["attempts"] = JsonText,
            ["write_id"] = SomeText,
            // Of a row that has ended, nobody holds a claim or a lock, and nothing is due.
            ["claim_id"] = Missing,
            ["lock_expires_at"] = Missing,
            ["not_before"] = Missing,
        });
}
