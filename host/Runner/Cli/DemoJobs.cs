using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Cli;

/// <summary>The jobs of one demo: a pipeline and a narrative batch that are submitted, and the batch's check that a plugin adds.</summary>
internal sealed class DemoJobs(IJobStore store, TimeProvider time)
{
    public const string CreatedBy = "delphi-runner demo";

    private static readonly string[] OpenStatuses = [JobStatuses.Pending, JobStatuses.AwaitingRecheck, JobStatuses.Processing];
    private static readonly string[] JobTypes = ["FULL_PIPELINE", "CREATE_NARRATIVE_BATCH", "AWAITING_NARRATIVE_BATCH"];

    private const string ConversationId = "39321";
    private const string ReportId = "r4tykwac8thvzv35jrn53";

    private readonly string _pipelineId = Guid.NewGuid().ToString();
    private readonly string _batchId = string.Create(
        CultureInfo.InvariantCulture, $"batch_report_{ReportId}_{time.GetUtcNow().ToUnixTimeSeconds()}_{Guid.NewGuid():N}")[..^24];

    /// <summary>Reads the rows of others that the demo would run too.</summary>
    public async Task<IReadOnlyList<JobRow>> OpenJobsOfOthersAsync(CancellationToken stoppingToken)
    {
        var open = new List<JobRow>();
        foreach (var status in OpenStatuses)
        {
            var page = await store.ListAsync(new JobFilter { Status = status, Limit = 1000 }, stoppingToken);
            open.AddRange(page.Rows.Where(row => row.Text("created_by") is not CreatedBy && row.Text("batch_job_id") is null));
        }

        return open;
    }

    /// <summary>Submits what can run now: the pipeline first, and the batch when the results are there from which it is made.</summary>
    public async Task SubmitNextAsync(IReadOnlyList<JobRow> rows, CancellationToken stoppingToken)
    {
        if (rows.Count == 0)
        {
            await SubmitAsync(
                _pipelineId, JobTypes[0], """{"stages":[{"stage":"PCA","config":{}},{"stage":"REPORT","config":{}}],"include_moderation":false}""", stoppingToken);
        }
        else if (rows is [{ Status: JobStatuses.Completed }])
        {
            await SubmitAsync(
                _batchId, JobTypes[1], """{"stages":[{"stage":"CREATE_NARRATIVE_BATCH_CONFIG_STAGE","config":{"max_batch_size":20,"no_cache":false}}]}""", stoppingToken);
        }
    }

    /// <summary>Reads the demo's rows as they are now, in the order in which they began.</summary>
    public async Task<IReadOnlyList<JobRow>> ReadAsync(CancellationToken stoppingToken)
    {
        var page = await store.ListAsync(new JobFilter { ConversationId = ConversationId, Limit = 1000 }, stoppingToken);
        return [.. page.Rows.Where(row => row.Id == _pipelineId || row.Id == _batchId || row.Text("batch_job_id") == _batchId).Reverse()];
    }

    /// <summary>Whether all three jobs have ended.</summary>
    public static bool HaveEnded(IReadOnlyList<JobRow> rows) =>
        rows.All(row => JobStatuses.IsTerminal(row.Status)) && (rows.Count >= 3 || rows.Any(row => row.Status == JobStatuses.Failed));

    /// <summary>What is not as it should be at the end; empty when all is well.</summary>
    public static IReadOnlyList<string> Faults(IReadOnlyList<JobRow> rows)
    {
        var faults = rows.Where(row => row.Status != JobStatuses.Completed)
            .Select(row => $"Job '{row.Id}' is {row.Status}: {row.Text(JobAttributes.ErrorMessage) ?? "no reason stored"}").ToList();
        faults.AddRange(JobTypes.Where(jobType => rows.All(row => row.JobType != jobType)).Select(jobType => $"No {jobType} job ran."));
        if (!rows.Any(row => row.Text(JobAttributes.Attempts)?.Contains("\"recheck\"", StringComparison.Ordinal) == true))
        {
            faults.Add("No job was checked a second time.");
        }

        return faults;
    }

    private async Task SubmitAsync(string id, string jobType, string config, CancellationToken stoppingToken)
    {
        var job = new NewJob { Id = id, Type = jobType, ConversationId = ConversationId, ReportId = ReportId, ConfigJson = config };
        await store.CreateAsync(NewRow.Of(job, CreatedBy, time.GetUtcNow()), stoppingToken);
    }
}
