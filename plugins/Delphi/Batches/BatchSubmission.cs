using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Results;
using DelphiRunner.Plugins.Delphi.Rows;
using DelphiRunner.Plugins.Delphi.Settings;

namespace DelphiRunner.Plugins.Delphi.Batches;

/// <summary>Sees to it that a batch that was sent is recorded on its row and looked after, and that a lost one is never sent again.</summary>
internal sealed class BatchSubmission(DelphiSettings settings, Job job, JobIdentity identity, JobContext context)
{
    /// <summary>Set on a row whose batch was sent but is not known: such a row is not run again, whatever retries are configured.</summary>
    public const string LostAttribute = "batch_submit_unrecorded";

    public static string LostText(string jobId) =>
        $"Job '{jobId}' ended its submission with code 0, but left no batch_id on its row, in its result file or in its output. The batch may have "
        + "been sent and paid for, so it is not sent again. Look at the provider's list of batches; to send a new one, submit a new job.";

    /// <summary>Ends a job that already has a batch, without running anything.</summary>
    public Task<JobOutcome> AdoptAsync(string batchId, CancellationToken jobToken)
    {
        context.Log(JobLogLevel.Warning, $"Batch '{batchId}' was already sent for this job; it is not sent again.");
        return CompleteAsync(batchId, new JobResults(identity), file: null, finishedCounts: false, [], jobToken);
    }

    /// <summary>Ends a job whose submission has run.</summary>
    /// <param name="result">How the submission ended.</param>
    /// <param name="model">The model that it was given.</param>
    /// <param name="jobToken">Ends the call early.</param>
    public async Task<JobOutcome> ConcludeAsync(ProcessResult result, string? model, CancellationToken jobToken)
    {
        var file = ResultFile.Read(result);
        var results = JobResults.Of(result, identity);
        // The script writes to the row itself, in a real deployment.
        var stored = await context.Queue.GetAsync(job.Id, jobToken);
        var batchId = stored?.GetText(BatchId.Attribute) ?? BatchId.Find(result, file);

        if (batchId is null)
        {
            return result.Succeeded
                ? FailLost(results, file)
                : JobOutcome.Failed(FailureText.Of(result, file)) with { ResultsJson = results.ToJson(file) };
        }

        if (stored is null || stored.Status == "FAILED")
        {
            // The check script does nothing for a row that is gone or failed, so a checker would only hide that.
            var reason = stored is null ? "its row was deleted" : $"its row says FAILED ({SeenText.Quote(stored.GetText("error_message"))})";
            var error = $"Batch '{batchId}' was sent, but {reason}; nobody will collect its results.";
            return JobOutcome.Failed(error) with { ResultsJson = results.Set(BatchId.Attribute, batchId).ToJson(file) };
        }

        if (stored.Status == "COMPLETED")
        {
            // Its results are there already, or an operator ended the cycle of checks; a new checker would begin it again.
            return JobOutcome.Completed() with { ResultsJson = results.Set(BatchId.Attribute, batchId).ToJson(file) };
        }

        if (!result.Succeeded)
        {
            // What was sent is sent. Failing the row would make the check script drop the results of a batch that was paid for.
            var warning = $"{FailureText.Of(result, file)} Batch '{batchId}' had been sent by then, so the job counts as done.";
            context.Log(JobLogLevel.Warning, warning);
            results.Set("warning", warning);
        }

        return await CompleteAsync(batchId, results, file, finishedCounts: true, FindMissing(stored, batchId, model, file), jobToken);
    }

    private async Task<JobOutcome> CompleteAsync(
        string batchId,
        JobResults results,
        ResultFile? file,
        bool finishedCounts,
        Dictionary<string, JobAttribute> attributes,
        CancellationToken jobToken)
    {
        var checkers = new BatchCheckers(context, settings.Recheck.FirstDelay);
        var checker = await checkers.EnsureAsync(job, identity, batchId, finishedCounts, jobToken);
        results.Set(BatchId.Attribute, batchId).Set("checker_job_id", checker);
        var outcome = checker is not null
            ? JobOutcome.Completed()
            : JobOutcome.Failed(
                $"Batch '{batchId}' was sent, but all checks for it have ended. Requeue the newest of them to collect its results.");
        return outcome with { ResultsJson = results.ToJson(file), Attributes = attributes };
    }

    private JobOutcome FailLost(JobResults results, ResultFile file)
    {
        context.Log(JobLogLevel.Error, LostText(job.Id));
        return JobOutcome.Failed(LostText(job.Id)) with
        {
            ResultsJson = results.ToJson(file),
            Attributes = new Dictionary<string, JobAttribute> { [LostAttribute] = JobAttribute.OfBoolean(true) },
        };
    }

    /// <summary>What the script should have written to the row and did not.</summary>
    private Dictionary<string, JobAttribute> FindMissing(Job stored, string batchId, string? model, ResultFile file)
    {
        var missing = new Dictionary<string, JobAttribute>(StringComparer.Ordinal);
        AddIfMissing(BatchId.Attribute, batchId);
        AddIfMissing("model", file.FindText("model") ?? model);
        // The check script stores nothing for a row without a report's id; rows of the command line have it only in a stage.
        AddIfMissing("report_id", identity.ReportId);
        return missing;

        void AddIfMissing(string name, string? value)
        {
            if (value is not null && stored.GetText(name) is null)
            {
                missing[name] = JobAttribute.OfText(value);
            }
        }
    }
}
