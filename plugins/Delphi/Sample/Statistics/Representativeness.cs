using DelphiRunner.Plugins.Delphi.Sample.Votes;

namespace DelphiRunner.Plugins.Delphi.Sample.Statistics;

/// <summary>What sets a group apart: how much more likely it is than the others to agree, or to disagree, with a comment.</summary>
internal static class Representativeness
{
    /// <summary>Gives the stance of a group on each comment, in the order of the comments.</summary>
    public static IReadOnlyList<Stance> Of(VoteMatrix votes, int[] clusters, int group) =>
        [.. Enumerable.Range(0, votes.Comments.Count).Select(column => Of(votes, clusters, group, column))];

    private static Stance Of(VoteMatrix votes, int[] clusters, int group, int column)
    {
        var inside = Count(votes, column, row => clusters[row] == group);
        var outside = Count(votes, column, row => clusters[row] != group);
        var agrees = inside.Agreeing >= inside.Disagreeing;
        // With one vote of each kind added, so that few votes prove little.
        var probability = ((agrees ? inside.Agreeing : inside.Disagreeing) + 1.0) / (inside.All + 2.0);
        var others = ((agrees ? outside.Agreeing : outside.Disagreeing) + 1.0) / (outside.All + 2.0);
        return new Stance
        {
            Comment = votes.Comments[column],
            Agrees = agrees,
            Agreeing = inside.Agreeing,
            Disagreeing = inside.Disagreeing,
            Votes = inside.All,
            Share = Round(probability),
            Ratio = Round(probability / others),
        };
    }

    private static (int Agreeing, int Disagreeing, int All) Count(VoteMatrix votes, int column, Func<int, bool> isCounted)
    {
        var rows = Enumerable.Range(0, votes.Participants.Count).Where(isCounted);
        var cast = rows.Select(row => votes[row, column]).Where(vote => !double.IsNaN(vote)).ToArray();
        return (cast.Count(vote => vote > 0), cast.Count(vote => vote < 0), cast.Length);
    }

    private static double Round(double number) => Math.Round(number, 6);
}

/// <summary>How a group stands to a comment.</summary>
internal sealed record Stance
{
    public required int Comment { get; init; }

    /// <summary>Whether more of the group agree than disagree.</summary>
    public required bool Agrees { get; init; }

    public required int Agreeing { get; init; }

    public required int Disagreeing { get; init; }

    public required int Votes { get; init; }

    /// <summary>The estimated probability that a member votes as most of the group do.</summary>
    public required double Share { get; init; }

    /// <summary>That probability in relation to the one of all others.</summary>
    public required double Ratio { get; init; }
}
