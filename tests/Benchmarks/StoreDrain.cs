using System.Collections.Concurrent;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Benchmarks;

/// <summary>Claims and finishes every job of a queue through the store alone: what is left of a drain without poller, executor and plugins.</summary>
internal static class StoreDrain
{
    private const int WindowSize = 256;

    public static Task<Spent> RunAsync(IJobStore store, string jobType, int slots, CancellationToken stoppingToken) =>
        Spent.ByAsync(() => DrainAsync(store, jobType, slots, stoppingToken));

    private static async Task DrainAsync(IJobStore store, string jobType, int slots, CancellationToken stoppingToken)
    {
        var query = new CandidateQuery { Now = DateTimeOffset.UtcNow, JobTypes = new HashSet<string> { jobType }, Limit = WindowSize };
        while ((await store.ListCandidatesAsync(query, stoppingToken)).Pending is { Count: > 0 } window)
        {
            var rows = new ConcurrentQueue<JobRow>(window);
            await Task.WhenAll(Enumerable.Range(0, slots).Select(_ => WorkAsync(store, rows, stoppingToken)));
        }
    }

    private static async Task WorkAsync(IJobStore store, ConcurrentQueue<JobRow> rows, CancellationToken stoppingToken)
    {
        while (rows.TryDequeue(out var row))
        {
            var now = DateTimeOffset.UtcNow;
            var claim = new Claim { JobId = row.Id, WorkerId = "store-drain", ClaimId = Guid.NewGuid().ToString("N"), Attempt = 1 };
            var request = new ClaimRequest { Seen = row, Claim = claim, Rechecks = 0, StartedAt = now, LockExpiresAt = now + Heartbeat.ForeignLockLength };
            var claimed = await store.ClaimAsync(request, stoppingToken) ?? throw new MeasureException($"Job '{row.Id}' could not be claimed.");
            await store.FinishAsync(claim, Finish(claimed.Row), stoppingToken);
        }
    }

    private static JobFinish Finish(JobRow row) => new()
    {
        Status = JobStatuses.Completed,
        CompletedAt = DateTimeOffset.UtcNow,
        Results = """{"result_type":"SUCCESS"}""",
        Logs = row.Text(JobAttributes.Logs) ?? "{}",
        ProcessExitConfirmed = true,
        ExitProof = "nothing was started",
        Attempts = "[]",
    };
}
