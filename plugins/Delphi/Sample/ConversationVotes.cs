using DelphiRunner.Plugins.Delphi.Sample.Votes;

namespace DelphiRunner.Plugins.Delphi.Sample;

/// <summary>Reads the votes of a conversation within the limits of the environment, without the comments that are left out.</summary>
internal sealed class ConversationVotes(TextWriter output, Func<string, string?> variable)
{
    private const int DefaultBatchSize = 50_000;

    /// <exception cref="InvalidDataException">The file is malformed or nothing is left of it.</exception>
    /// <exception cref="UsageException">MAX_VOTES or BATCH_SIZE is no number.</exception>
    public (VoteMatrix Votes, IReadOnlyDictionary<int, Comment> Comments) Read(string path, bool withoutModerated, bool withoutDeselected)
    {
        var comments = CommentFile.ReadBeside(path);
        var most = Limit("MAX_VOTES", "--max-votes") ?? int.MaxValue;
        var votes = new List<Vote>();
        foreach (var batch in VoteFile.Read(path).Take(most).Chunk(Limit("BATCH_SIZE", "--batch-size") ?? DefaultBatchSize))
        {
            votes.AddRange(batch.Where(vote => !IsLeftOut(comments, vote.Comment, withoutModerated, withoutDeselected)));
            output.WriteLine($"Read {votes.Count} votes...");
        }

        return votes.Count > 0
            ? (new VoteMatrix(votes), comments)
            : throw new InvalidDataException($"Votes file '{path}' holds no votes on comments that are not left out.");
    }

    private static bool IsLeftOut(IReadOnlyDictionary<int, Comment> comments, int number, bool withoutModerated, bool withoutDeselected) =>
        comments.TryGetValue(number, out var comment)
        && ((withoutModerated && comment.Moderation < 0) || (withoutDeselected && comment.Selection < 0));

    private int? Limit(string name, string flag) =>
        variable(name) is { } text && !string.IsNullOrWhiteSpace(text) ? CommandLine.Whole(flag, text, least: 1) : null;
}
