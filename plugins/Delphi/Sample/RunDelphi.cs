using DelphiRunner.Plugins.Delphi.Sample.Statistics;

namespace DelphiRunner.Plugins.Delphi.Sample;

/// <summary>Stands for <c>run_delphi.py</c>: deletes a conversation's results, analyzes its votes, and stores what it found.</summary>
internal sealed class RunDelphi(TextWriter output, Func<string, string?> variable)
{
    public int Run(IReadOnlyList<string> arguments)
    {
        var line = CommandLine.Parse(
            arguments,
            ["--zid", "--rid", "--include_moderation", "--exclude_comment_selections", "--region", SampleFiles.OutputFlag, SampleFiles.VotesFlag],
            ["--verbose", "--force", "--validate"]);
        var zid = CommandLine.Whole("--zid", line.Require("--zid"), least: 0);
        var files = new SampleFiles(line, variable);
        Reset(files, zid, line.Find("--rid"));

        output.WriteLine($"Processing conversation {zid}...");
        output.WriteLine("Running math pipeline...");
        var (votes, comments) = new ConversationVotes(output, variable).Read(
            files.Votes, line.Boolean("--include_moderation", otherwise: false), line.Boolean("--exclude_comment_selections", otherwise: true));
        var analyzer = new Analyzer(votes, comments);
        var (analysis, components) = analyzer.FindPositions($"{zid}");
        output.WriteLine($"{analysis.Participants} participants, {analysis.Comments} comments, {analysis.Votes} votes.");
        output.WriteLine(FormattableString.Invariant($"Two components explain {analysis.ExplainedVariance.Sum():P1} of the variance."));

        output.WriteLine("Running UMAP narrative pipeline...");
        var grouped = analyzer.FindGroups(analysis, components);
        Store(files, zid, grouped ?? analysis);
        Close(zid, grouped);
        return Commands.Done;
    }

    /// <summary>The real script begins so too: what was there before is gone, whatever happens next.</summary>
    private void Reset(SampleFiles files, int zid, string? rid)
    {
        output.WriteLine($"Resetting all existing data for conversation {zid} before processing...");
        Directory.CreateDirectory(files.Output);
        File.Delete(files.ResultsOf(zid));
        if (!string.IsNullOrEmpty(rid))
        {
            output.WriteLine($"Using report ID {rid} for full narrative report cleanup.");
            if (Directory.Exists(files.Narratives(zid)))
            {
                Directory.Delete(files.Narratives(zid), recursive: true);
            }
        }

        output.WriteLine("Data reset complete.");
    }

    private void Store(SampleFiles files, int zid, Analysis analysis)
    {
        var path = files.ResultsOf(zid);
        SampleFiles.Write(path, analysis, SampleJson.Default.Analysis);
        output.WriteLine($"Wrote {path}");
        files.Report(
            new PipelineReport(
                path,
                analysis.Participants,
                analysis.Comments,
                analysis.Votes,
                analysis.Groups.Count,
                [.. analysis.Groups.Select(group => group.Participants.Count)],
                analysis.Silhouette),
            SampleJson.Default.PipelineReport);
    }

    /// <summary>The real script ends with 0 and its last two lines also where its second part failed.</summary>
    private void Close(int zid, Analysis? grouped)
    {
        if (grouped is not null)
        {
            var sizes = string.Join(", ", grouped.Groups.Select(group => group.Participants.Count));
            output.WriteLine(FormattableString.Invariant(
                $"Found {grouped.Groups.Count} groups ({sizes} participants, silhouette {grouped.Silhouette:0.000}) and {grouped.Topics.Count} topics."));
            output.WriteLine("UMAP Narrative pipeline completed successfully!");
            output.WriteLine($"Results stored in DynamoDB and visualizations for conversation {zid}");
        }
        else
        {
            output.WriteLine("The participants do not differ, so there are no groups.");
            output.WriteLine("Warning: UMAP Narrative pipeline returned non-zero exit code: 1");
            output.WriteLine("The pipeline may have encountered errors but might still have produced partial results.");
        }

        output.WriteLine("Pipeline completed successfully!");
        output.WriteLine($"Results stored in DynamoDB for conversation {zid}");
    }
}
