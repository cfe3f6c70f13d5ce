using System.Globalization;
using DelphiRunner.Plugins.Delphi.Sample.Statistics;
using DelphiRunner.Plugins.Delphi.Sample.Votes;

namespace DelphiRunner.Plugins.Delphi.Sample.Batches;

/// <summary>Stands for <c>801_narrative_report_batch.py</c>: sends one request for each group and topic, here into a folder.</summary>
internal sealed class CreateBatch(TextWriter output, Func<string, string?> variable)
{
    public int Run(IReadOnlyList<string> arguments)
    {
        var line = CommandLine.Parse(
            arguments,
            [
                "--conversation_id", "--model", "--include_moderation", "--exclude_comment_selections", "--max-batch-size",
                SampleFiles.OutputFlag, SampleFiles.VotesFlag,
            ],
            ["--no-cache"]);
        var zid = CommandLine.Whole("--conversation_id", line.Require("--conversation_id"), least: 0);
        var model = line.Require("--model");
        var most = CommandLine.Whole("--max-batch-size", line.Find("--max-batch-size") ?? "20", least: 1);
        var files = new SampleFiles(line, variable);

        var analysis = ReadOrMakeAnalysis(line, files, zid);
        var requests = BuildRequests(analysis, CommentFile.ReadBeside(files.Votes)).Take(most).ToArray();
        if (requests.Length == 0)
        {
            output.WriteLine($"No topics to report on for conversation {zid}");
            return Commands.Failed;
        }

        Send(files, zid, model, requests);
        return Commands.Done;
    }

    /// <summary>The results of the pipeline are what is cached: without them, or with <c>--no-cache</c>, the votes are analyzed again.</summary>
    private Analysis ReadOrMakeAnalysis(CommandLine line, SampleFiles files, int zid)
    {
        if (line.Find("--no-cache") is null && File.Exists(files.ResultsOf(zid)))
        {
            output.WriteLine($"Using {files.ResultsOf(zid)}");
            return SampleFiles.Read(files.ResultsOf(zid), SampleJson.Default.Analysis);
        }

        var (votes, comments) = new ConversationVotes(output, variable).Read(
            files.Votes, line.Boolean("--include_moderation", otherwise: false), line.Boolean("--exclude_comment_selections", otherwise: true));
        var analyzer = new Analyzer(votes, comments);
        var (analysis, components) = analyzer.FindPositions($"{zid}");
        return analyzer.FindGroups(analysis, components) ?? analysis;
    }

    private static IEnumerable<BatchRequest> BuildRequests(Analysis analysis, IReadOnlyDictionary<int, Comment> comments) =>
        from topic in analysis.Topics
        from opinionGroup in analysis.Groups
        select new BatchRequest
        {
            CustomId = $"{analysis.ConversationId}_topic{topic.Number}_group{opinionGroup.Number}",
            Group = opinionGroup.Number,
            Members = opinionGroup.Participants.Count,
            Topic = topic.Name,
            Stances =
            [
                .. opinionGroup.Stances
                    .Where(stance => topic.Comments.Contains(stance.Comment))
                    .OrderByDescending(stance => stance.Ratio * stance.Share)
                    .Select(stance => new RequestedStance(
                        comments.TryGetValue(stance.Comment, out var comment) ? comment.Text : $"Comment {stance.Comment}",
                        opinionGroup.Representative.Contains(stance.Comment),
                        stance)),
            ],
        };

    private void Send(SampleFiles files, int zid, string model, BatchRequest[] requests)
    {
        output.WriteLine($"Submitting {requests.Length} requests...");
        var batch = new Batch
        {
            BatchId = $"msgbatch_{Guid.NewGuid():N}",
            JobId = variable("DELPHI_JOB_ID") is { Length: > 0 } jobId ? jobId : zid.ToString(CultureInfo.InvariantCulture),
            ConversationId = zid,
            ReportId = variable("DELPHI_REPORT_ID") is { Length: > 0 } reportId ? reportId : zid.ToString(CultureInfo.InvariantCulture),
            Model = model,
            CreatedAt = DateTimeOffset.UtcNow,
            Requests = requests.Length,
        };
        var folder = BatchFolder.Create(files.Batches, batch, requests);
        files.Report(
            new CreateReport(batch.BatchId, model, requests.Length, folder.FullPath, new CreateAttributes(batch.BatchId, model)),
            SampleJson.Default.CreateReport);
        output.WriteLine("Batch submitted successfully!");
        output.WriteLine($"Batch ID: {batch.BatchId}");
    }
}
