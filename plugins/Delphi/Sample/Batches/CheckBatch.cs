namespace DelphiRunner.Plugins.Delphi.Sample.Batches;

/// <summary>Stands for <c>803_check_batch_status.py</c> and for the provider: each call answers a part of the requests.</summary>
internal sealed class CheckBatch(TextWriter output, Func<string, string?> variable)
{
    public int Run(IReadOnlyList<string> arguments)
    {
        var line = CommandLine.Parse(arguments, ["--job-id", SampleFiles.OutputFlag, SampleFiles.VotesFlag], []);
        var jobId = line.Require("--job-id");
        var files = new SampleFiles(line, variable);
        if (BatchFolder.Find(files.Batches, jobId) is not var (folder, batch))
        {
            output.WriteLine($"No batch of job {jobId} in {files.Batches}");
            return Commands.Failed;
        }

        output.WriteLine($"Checking status for batch {batch.BatchId}");
        var narratives = Path.Combine(files.Narratives(batch.ConversationId), batch.BatchId);
        Answer(folder, batch, narratives);
        var answered = Enumerable.Range(0, batch.Requests).Count(folder.IsAnswered);
        files.Report(new CheckReport(batch.BatchId, batch.Requests, answered, narratives), SampleJson.Default.CheckReport);
        return Close(jobId, batch, answered);
    }

    /// <summary>Answers up to DELPHI_SAMPLE_PART requests, by default half of them, so that a batch is done with the second call.</summary>
    private void Answer(BatchFolder folder, Batch batch, string narratives)
    {
        var part = variable("DELPHI_SAMPLE_PART") is { } text && !string.IsNullOrWhiteSpace(text)
            ? CommandLine.Whole("DELPHI_SAMPLE_PART", text, least: 1)
            : (batch.Requests + 1) / 2;
        Directory.CreateDirectory(narratives);
        foreach (var index in Enumerable.Range(0, batch.Requests).Where(index => !folder.IsAnswered(index)).Take(part).ToArray())
        {
            var request = folder.ReadRequest(index);
            var path = Path.Combine(narratives, $"{request.CustomId}.md");
            File.WriteAllText(path, Narrative.Write(request, batch));
            folder.MarkAnswered(index, path);
            output.WriteLine($"Answered {request.CustomId}");
        }
    }

    private int Close(string jobId, Batch batch, int answered)
    {
        var code = answered < batch.Requests ? Commands.StillRunning : Commands.Done;
        output.WriteLine(code == Commands.Done
            ? $"Reports stored for report_id: {batch.ReportId}"
            : $"Batch {batch.BatchId} is in_progress: {answered} of {batch.Requests} requests answered");
        output.WriteLine($"Script finished for job {jobId} with exit signal: {code}");
        return code;
    }
}
