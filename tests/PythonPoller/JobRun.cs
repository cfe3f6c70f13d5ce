using System.Diagnostics;
using System.Text.Json.Nodes;
using Amazon.DynamoDBv2.Model;

namespace DelphiRunner.PythonPoller;

/// <summary>Runs a claimed job's script to its end, as the Python poller does: no time limit for a silent child, no group, no second try.</summary>
internal sealed class JobRun(PollerArguments arguments, JobTable table, Dictionary<string, AttributeValue> claimed, string workerId)
{
    private const int KeptEntries = 50;
    private const int AskAgain = 3;

    private readonly string _jobId = claimed["job_id"].S;
    private readonly string _jobType = claimed.TextOr("job_type", "");

    /// <summary>Runs it, and gives the words for the log.</summary>
    public async Task<string> RunAsync()
    {
        await LogAsync($"Worker {workerId} starting job {_jobId}");
        var exitCode = await RunScriptAsync();
        if (exitCode == AskAgain && _jobType == "AWAITING_NARRATIVE_BATCH")
        {
            await table.ReleaseForRecheckAsync(claimed);
            return $"Releasing lock for job {_jobId}.";
        }

        var status = exitCode == 0 ? "COMPLETED" : "FAILED";
        return await table.CompleteAsync(claimed, status, Results(exitCode))
            ? $"Job {_jobId} marked as {status}"
            : $"Job {_jobId} was modified by another process. Completion status may be overwritten.";
    }

    private async Task<int> RunScriptAsync()
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", "/bin/sh", .. CommandLine()])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = arguments.Scripts,
        };
        start.Environment["DELPHI_JOB_ID"] = _jobId;
        start.Environment["DELPHI_REPORT_ID"] = ReportId();
        using var child = Process.Start(start) ?? throw new InvalidOperationException("'/bin/sh' did not start.");
        while (await child.StandardOutput.ReadLineAsync() is { } line)
            await LogAsync($"[stdout] {line}");

        await child.WaitForExitAsync();
        return child.ExitCode;
    }

    // Whatever is not a narrative type runs the pipeline.
    private IEnumerable<string> CommandLine() => _jobType switch
    {
        "CREATE_NARRATIVE_BATCH" =>
        [
            Script("801_narrative_report_batch.sh"), $"--conversation_id={ConversationId()}", "--model=", "--include_moderation=False",
            "--exclude_comment_selections=True", "--max-batch-size=20",
        ],
        "AWAITING_NARRATIVE_BATCH" => [Script("803_check_batch_status.sh"), $"--job-id={claimed.TextOr("batch_job_id", _jobId)}"],
        _ =>
        [
            Script("run_delphi.sh"), $"--zid={ConversationId()}", "--include_moderation=False", "--exclude_comment_selections=True",
            .. claimed.ContainsKey("report_id") ? new[] { $"--rid={ReportId()}" } : [],
        ],
    };

    private string Script(string name) => Path.Combine(arguments.Scripts, name);

    // str(None) of Python for a value that is missing or null.
    private string ConversationId() => claimed.TextOr("conversation_id", "None");

    private string ReportId() => claimed.ContainsKey("report_id") ? claimed.TextOr("report_id", "None") : ConversationId();

    /// <summary>Each write begins with the log as it was at the claim, so that of this job's lines only the last one stays.</summary>
    private async Task LogAsync(string message)
    {
        Console.WriteLine($"[DELPHI JOB {_jobId[..Math.Min(8, _jobId.Length)]}] INFO: {message}");
        var logs = JsonNode.Parse(claimed.TextOr("logs", "{\"entries\":[]}"))!.AsObject();
        var entries = logs["entries"]!.AsArray();
        entries.Add(new JsonObject { ["timestamp"] = PythonTime.Aware(arguments.Now), ["level"] = "INFO", ["message"] = message });
        while (entries.Count > KeptEntries)
            entries.RemoveAt(0);

        await table.WriteLogAsync(claimed, logs.ToJsonString());
    }

    private string Results(int exitCode)
    {
        var results = new JsonObject
        {
            ["result_type"] = exitCode == 0 ? "SUCCESS" : "FAILURE",
            ["completed_at"] = PythonTime.Naive(arguments.Now),
        };
        if (exitCode != 0)
            results["error"] = $"Process exited with code {exitCode}";

        return results.ToJsonString();
    }
}
