using DelphiRunner.Plugins.Delphi.Sample.Votes;

namespace DelphiRunner.Plugins.Delphi.Sample.Statistics;

/// <summary>Analyzes a conversation: first the positions of its participants, then their groups and topics.</summary>
internal sealed class Analyzer(VoteMatrix votes, IReadOnlyDictionary<int, Comment> comments)
{
    private const int MaxGroups = 5;
    private const int MaxTopics = 4;
    private const int RepresentativeComments = 5;

    private readonly double[][] _centered = votes.Center();

    /// <summary>Finds the positions by principal components.</summary>
    public (Analysis Analysis, PrincipalComponents Components) FindPositions(string conversationId)
    {
        var components = PrincipalComponents.Of(_centered, 2);
        var points = Pad(components.Project(_centered));
        var analysis = new Analysis
        {
            ConversationId = conversationId,
            Participants = votes.Participants.Count,
            Comments = votes.Comments.Count,
            Votes = votes.Count,
            ExplainedVariance = [.. components.Variances.Select(v => components.TotalVariance == 0 ? 0 : Round(v / components.TotalVariance))],
            Positions = [.. points.Select((point, row) => new Position(votes.Participants[row], Round(point[0]), Round(point[1])))],
        };
        return (analysis, components);
    }

    /// <summary>Adds groups and topics.</summary>
    /// <returns>The whole analysis, or null where the participants do not differ.</returns>
    public Analysis? FindGroups(Analysis analysis, PrincipalComponents components)
    {
        if (Grouping.Find([.. analysis.Positions.Select(position => new[] { position.X, position.Y })], MaxGroups) is not { } grouping)
        {
            return null;
        }

        var bySize = Enumerable.Range(0, grouping.Count).OrderByDescending(cluster => grouping.Clusters.Count(c => c == cluster)).ThenBy(c => c);
        return analysis with
        {
            Groups = [.. bySize.Select((cluster, index) => Describe(grouping.Clusters, cluster, index + 1))],
            Topics = FindTopics(components),
            Silhouette = Round(grouping.Silhouette),
        };
    }

    private OpinionGroup Describe(int[] clusters, int cluster, int number)
    {
        var stances = Representativeness.Of(votes, clusters, cluster);
        return new OpinionGroup
        {
            Number = number,
            Participants = [.. votes.Participants.Where((_, row) => clusters[row] == cluster)],
            Representative =
            [
                .. stances.OrderByDescending(s => s.Ratio * s.Share).ThenBy(s => s.Comment).Select(s => s.Comment).Take(RepresentativeComments),
            ],
            Stances = stances,
        };
    }

    private IReadOnlyList<Topic> FindTopics(PrincipalComponents components)
    {
        double[][] loadings = Pad([.. votes.Comments.Select((_, column) => components.Components.Select(c => c[column]).ToArray())]);
        var clusters = Grouping.Find(loadings, MaxTopics)?.Clusters ?? new int[loadings.Length];
        return [.. clusters.Distinct().Select((cluster, index) => Describe(loadings, clusters, cluster, index + 1))];
    }

    private Topic Describe(double[][] loadings, int[] clusters, int cluster, int number)
    {
        var columns = Enumerable.Range(0, clusters.Length).Where(column => clusters[column] == cluster).ToArray();
        double[] middle = [columns.Average(column => loadings[column][0]), columns.Average(column => loadings[column][1])];
        var central = votes.Comments[columns.MinBy(column => KMeans.SquaredDistance(loadings[column], middle))];
        return new Topic { Number = number, Name = TextOf(central), Comments = [.. columns.Select(column => votes.Comments[column])] };
    }

    private string TextOf(int comment) => comments.TryGetValue(comment, out var known) ? known.Text : $"Comment {comment}";

    /// <summary>A conversation with a single comment has a single component.</summary>
    private static double[][] Pad(double[][] points) => [.. points.Select(point => point.Length >= 2 ? point : [.. point, 0.0])];

    // Rounded, so that results compare equal on every machine; a zero is never negative.
    private static double Round(double number) => Math.Round(number, 6) + 0.0;
}
