using DelphiRunner.Contracts;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Benchmarks;

/// <summary>Fills a queue, and reads back what became of it.</summary>
internal static class Jobs
{
    public const string Empty = "EMPTY";
    public const string True = "TRUE";
    public const string Stamp = "STAMP";
    public const string Lines = "LINES";

    private const int SubmittersAtOnce = 256;
    private const int PageSize = 1000;

    public static JobRow New(string jobType, string jobId, string? config = null) =>
        NewRow.Of(new NewJob { Id = jobId, Type = jobType, ConversationId = "1", ConfigJson = config }, "benchmarks", DateTimeOffset.UtcNow);

    public static Task SubmitAsync(IJobStore store, string jobType, int count, CancellationToken stoppingToken, string? config = null) =>
        Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = SubmittersAtOnce, CancellationToken = stoppingToken },
            async (_, token) => await store.CreateAsync(New(jobType, Guid.NewGuid().ToString(), config), token));

    /// <summary>Waits until a job has ended.</summary>
    public static async Task<JobRow> EndOfAsync(IJobStore store, string jobId, TimeSpan lookEvery, CancellationToken stoppingToken)
    {
        while (true)
        {
            if (await store.GetAsync(jobId, stoppingToken) is { } row && JobStatuses.IsTerminal(row.Status))
                return Completed(row);

            await Task.Delay(lookEvery, stoppingToken);
        }
    }

    /// <summary>Reads every row of a drained queue.</summary>
    /// <exception cref="MeasureException">A row is missing, or did not complete.</exception>
    public static async Task<IReadOnlyList<JobRow>> ReadDrainedAsync(IJobStore store, int count, CancellationToken stoppingToken)
    {
        var rows = new List<JobRow>(count);
        string? after = null;
        do
        {
            var page = await store.ListAsync(new JobFilter { Limit = PageSize, After = after }, stoppingToken);
            rows.AddRange(page.Rows.Select(Completed));
            after = page.Next;
        }
        while (after is not null);

        return rows.Count == count ? rows : throw new MeasureException($"{rows.Count} rows were read back of {count} that were submitted.");
    }

    private static JobRow Completed(JobRow row) => row.Status == JobStatuses.Completed
        ? row
        : throw new MeasureException($"Job '{row.Id}' is {row.Status}, not COMPLETED: {row.Text(JobAttributes.ErrorMessage) ?? row.Text(JobAttributes.Logs)}");
}
