using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.StoreChild;

internal static class Work
{
    private const int Slots = 8;

    /// <summary>Creates, claims and finishes jobs on several slots until it is killed. A full stop marks a line that is whole.</summary>
    public static async Task<int> DrainAsync(IJobStore store, string prefix)
    {
        await Task.WhenAll(Enumerable.Range(0, Slots).Select(slot => DrainAsync(store, $"{prefix}-{slot}", int.MaxValue)));
        return 0;
    }

    /// <summary>Does the same with so many jobs a slot, and then ends as a killed process does, with nothing closed.</summary>
    public static async Task<int> DrainAndDieAsync(IJobStore store, int count)
    {
        await Task.WhenAll(Enumerable.Range(0, Slots).Select(slot => DrainAsync(store, $"{slot}", count)));
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        self.Kill();
        return 0;
    }

    /// <summary>Creates jobs one after the other, and goes on after one that could not be stored.</summary>
    public static Task<int> CreateStubbornlyAsync(IJobStore store, int count) => StubbornlyAsync(store, count, "");

    /// <summary>The same with large jobs, so that the log has to be brought into the database file soon.</summary>
    public static Task<int> FillStubbornlyAsync(IJobStore store, int count) => StubbornlyAsync(store, count, new string('x', 1_000_000));

    private static async Task<int> StubbornlyAsync(IJobStore store, int count, string logs)
    {
        for (var number = 0; number < count; number++)
        {
            try
            {
                await store.CreateAsync(Row($"job-{number}", logs), CancellationToken.None);
                Console.WriteLine($"created job-{number} .");
            }
            catch (StoreException failure)
            {
                Console.WriteLine($"refused job-{number} {failure.Message}");
            }
        }

        return 0;
    }

    /// <summary>Creates jobs one after the other.</summary>
    public static async Task<int> CreateAsync(IJobStore store, int count)
    {
        for (var number = 0; number < count; number++)
        {
            await store.CreateAsync(Row($"job-{number}", ""), CancellationToken.None);
            Console.WriteLine($"created job-{number}");
        }

        return 0;
    }

    /// <summary>Creates jobs all at once.</summary>
    public static async Task<int> CreateTogetherAsync(IJobStore store, int count)
    {
        await store.ProbeAsync(CancellationToken.None);
        Console.WriteLine("ready");
        await Task.WhenAll(Enumerable.Range(0, count).Select(async number =>
        {
            await store.CreateAsync(Row($"job-{number}", ""), CancellationToken.None);
            Console.WriteLine($"created job-{number}");
        }));
        return 0;
    }

    /// <summary>Creates a job for each line of standard input.</summary>
    public static async Task<int> SubmitAsync(IJobStore store)
    {
        await store.ProbeAsync(CancellationToken.None);
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } id)
        {
            await store.CreateAsync(Row(id, ""), CancellationToken.None);
            Console.WriteLine($"created {id}");
        }

        return 0;
    }

    /// <summary>Creates large jobs until one cannot be stored.</summary>
    public static async Task<int> FillAsync(IJobStore store)
    {
        var logs = new string('x', 100_000);
        for (var number = 0; ; number++)
        {
            await store.CreateAsync(Row($"job-{number}", logs), CancellationToken.None);
            Console.WriteLine($"created job-{number}");
        }
    }

    public static async Task<int> CountAsync(IJobStore store)
    {
        var page = await store.ListAsync(new JobFilter { Limit = 1000 }, CancellationToken.None);
        Console.WriteLine($"rows {page.Rows.Count}");
        return 0;
    }

    private static async Task DrainAsync(IJobStore store, string prefix, int count)
    {
        for (var number = 0; number < count; number++)
        {
            var row = Row($"{prefix}-{number}", "{\"entries\":[]}");
            await store.CreateAsync(row, CancellationToken.None);
            Console.WriteLine($"created {row.Id} .");

            var claim = new Claim { JobId = row.Id, WorkerId = prefix, ClaimId = Guid.NewGuid().ToString(), Attempt = 1 };
            var now = DateTimeOffset.UtcNow;
            var request = new ClaimRequest { Seen = row, Claim = claim, Rechecks = 0, StartedAt = now, LockExpiresAt = now.AddMinutes(15) };
            var claimed = await store.ClaimAsync(request, CancellationToken.None);
            Console.WriteLine($"claimed {row.Id} .");
            await claimed!.Settled;
            Console.WriteLine($"settled {row.Id} .");

            await store.FinishAsync(claim, Finish(row.Id), CancellationToken.None);
            Console.WriteLine($"finished {row.Id} .");
        }
    }

    private static JobRow Row(string id, string logs) => new(new Dictionary<string, RowValue>
    {
        [JobAttributes.JobId] = RowValue.OfText(id),
        [JobAttributes.Status] = RowValue.OfText(JobStatuses.Pending),
        [JobAttributes.JobType] = RowValue.OfText("FULL_PIPELINE"),
        [JobAttributes.CreatedAt] = RowValue.OfText(RowTime.Format(DateTimeOffset.UtcNow)),
        [JobAttributes.Version] = RowValue.OfNumber(1),
        [JobAttributes.Logs] = RowValue.OfText(logs),
    });

    private static JobFinish Finish(string id) => new()
    {
        Status = JobStatuses.Completed,
        CompletedAt = DateTimeOffset.UtcNow,
        Results = $"{{\"of\":\"{id}\"}}",
        Logs = "{\"entries\":[]}",
        ProcessExitConfirmed = true,
        ExitProof = "nothing was started",
        Attempts = "[]",
    };
}
