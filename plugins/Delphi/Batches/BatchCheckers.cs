using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Delphi.Batches;

/// <summary>The jobs that look after a batch until its results are there: rows whose <c>batch_job_id</c> is the job that sent it.</summary>
internal sealed class BatchCheckers(JobContext context, TimeSpan firstDelay)
{
    public const string JobType = "AWAITING_NARRATIVE_BATCH";
    public const string ParentAttribute = "batch_job_id";

    // Each id after the first stands for a checker that ended; so many for one batch mean that something else is wrong.
    private const int MaxCheckers = 20;

    /// <summary>Makes sure that a checker looks after a batch, and creates one if none does.</summary>
    /// <param name="parent">The job that sent the batch.</param>
    /// <param name="identity">Its checked ids.</param>
    /// <param name="batchId">The provider's id of the batch.</param>
    /// <param name="finishedCounts">Whether a checker that completed is one: true right after a submission, whose own checker may be that quick.</param>
    /// <param name="jobToken">Ends the call early.</param>
    /// <returns>The checker's job id, or null when each id that it may have is taken by an ended one.</returns>
    public async Task<string?> EnsureAsync(Job parent, JobIdentity identity, string batchId, bool finishedCounts, CancellationToken jobToken)
    {
        var checkers = await context.Queue.FindChildrenAsync(parent, ParentAttribute, jobToken);
        if (checkers.FirstOrDefault(checker => LooksAfter(checker, finishedCounts)) is { } found)
        {
            context.Log(JobLogLevel.Information, $"Batch '{batchId}' is looked after by job '{found.Id}'.");
            return found.Id;
        }

        for (var number = 1; number <= MaxCheckers; number++)
        {
            var id = MakeId(parent.Id, batchId, number);
            if (await context.Queue.CreateIfAbsentAsync(Describe(id, parent, identity, batchId), jobToken))
            {
                context.Log(JobLogLevel.Warning, $"Batch '{batchId}' had no job that looks after it; created '{id}'.");
                return id;
            }

            // Another runner made it, or it is one that ended before.
            if (await context.Queue.GetAsync(id, jobToken) is { } taken && LooksAfter(taken, finishedCounts))
            {
                context.Log(JobLogLevel.Information, $"Batch '{batchId}' is looked after by job '{id}'.");
                return id;
            }
        }

        return null;
    }

    /// <summary>
    /// The id depends on the batch alone, so that two runners make one row: <c>batch_check_{parent}_{number}</c>, with ten digits as in a Unix time.
    /// </summary>
    internal static string MakeId(string parentId, string batchId, int number)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(batchId));
        var digits = BitConverter.ToUInt64(hash) % 9_000_000_000 + 1_000_000_000;
        var id = string.Create(CultureInfo.InvariantCulture, $"batch_check_{parentId}_{digits}");
        return number == 1 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}_{number}");
    }

    private static bool LooksAfter(Job checker, bool finishedCounts) =>
        checker.Type is JobType or "BATCH_STATUS_CHECK" && (checker.IsOpen || (finishedCounts && checker.Status == "COMPLETED"));

    private NewJob Describe(string id, Job parent, JobIdentity identity, string batchId) => new()
    {
        Id = id,
        Type = JobType,
        ConversationId = identity.ConversationId,
        ReportId = identity.ReportId,
        Priority = 50,
        NotBefore = context.Time.GetUtcNow() + firstDelay,
        Attributes = new Dictionary<string, JobAttribute>
        {
            [BatchId.Attribute] = JobAttribute.OfText(batchId),
            [ParentAttribute] = JobAttribute.OfText(parent.Id),
        },
    };
}
