using DelphiRunner.Plugins.Delphi.Sample.Statistics;
using DelphiRunner.Plugins.Delphi.Sample.Votes;

namespace DelphiRunner.Plugins.Tests.Delphi.Sample;

/// <summary>The statistics against cases that were worked out by hand.</summary>
public sealed class StatisticsTests
{
    private const double Small = 1e-9;

    [Test]
    public void Points_on_a_line_have_one_component_along_it()
    {
        // (3, 4), 0 and -(3, 4): along (0.6, 0.8), with the variance (25 + 25) / 2.
        var components = PrincipalComponents.Of([[3, 4], [0, 0], [-3, -4]], 2);

        Assert.That(components.Components[0], Is.EqualTo(new[] { 0.6, 0.8 }).Within(Small));
        Assert.That(components.Variances, Is.EqualTo(new[] { 25.0, 0.0 }).Within(Small));
        Assert.That(components.Project([[3, 4]])[0], Is.EqualTo(new[] { 5.0, 0.0 }).Within(Small));
    }

    [Test]
    public void A_covariance_of_2_1_1_2_has_the_variances_3_and_1()
    {
        // Rows ±√3(1,1), ±(1,-1) over 4 - 1: the covariance is [[8/3, 4/3], [4/3, 8/3]], that is 4/3 of [[2, 1], [1, 2]].
        var a = Math.Sqrt(3);

        var components = PrincipalComponents.Of([[a, a], [-a, -a], [1, -1], [-1, 1]], 2);

        Assert.That(components.Variances, Is.EqualTo(new[] { 4.0, 4.0 / 3 }).Within(Small));
        Assert.That(components.TotalVariance, Is.EqualTo(16.0 / 3).Within(Small));
        Assert.That(components.Components[0], Is.EqualTo(new[] { Math.Sqrt(0.5), Math.Sqrt(0.5) }).Within(Small));
    }

    [Test]
    public void Components_are_unit_vectors_at_right_angles()
    {
        var random = new Random(7);
        double[][] rows = [.. Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, 12).Select(_ => random.NextDouble() - 0.5).ToArray())];

        var (first, second) = (PrincipalComponents.Of(rows, 2).Components[0], PrincipalComponents.Of(rows, 2).Components[1]);

        Assert.That(first.Sum(x => x * x), Is.EqualTo(1).Within(Small));
        Assert.That(second.Sum(x => x * x), Is.EqualTo(1).Within(Small));
        Assert.That(first.Zip(second, (x, y) => x * y).Sum(), Is.Zero.Within(Small));
    }

    [Test]
    public void Two_pairs_of_points_are_two_clusters()
    {
        double[][] points = [[0, 0], [10, 0], [0, 1], [10, 1]];

        var clusters = KMeans.Cluster(points, 2);

        // Within a pair the distance is 1; to the other pair it is 10 and √101: 1 - 1 / ((10 + √101) / 2).
        Assert.That(clusters, Is.EqualTo(new[] { 0, 1, 0, 1 }));
        Assert.That(Silhouette.Of(points, clusters), Is.EqualTo(1 - 2 / (10 + Math.Sqrt(101))).Within(Small));
    }

    [Test]
    public void The_number_of_clusters_is_the_one_that_fits_best()
    {
        double[][] points = [[0, 0], [0, 1], [20, 0], [20, 1], [0, 20], [1, 20], [20, 20], [21, 20]];

        Assert.That(Grouping.Find(points, 5)!.Count, Is.EqualTo(4));
        Assert.That(Grouping.Find(points[..4], 5)!.Count, Is.EqualTo(2));
        Assert.That(Grouping.Find([[1, 1], [1, 1], [1, 1]], 5), Is.Null);
    }

    [Test]
    public void A_missing_vote_counts_as_the_mean_and_the_later_of_two_votes_counts()
    {
        var votes = new VoteMatrix([new(7, 1, -1), new(5, 1, 1), new(5, 2, 1), new(7, 1, 0), new(9, 2, 0)]);

        double[][] expected = [[0.5, 0.5], [-0.5, 0], [0, -0.5]];
        Assert.That(votes.Participants, Is.EqualTo(new[] { 5, 7, 9 }));
        Assert.That(votes.Count, Is.EqualTo(4));
        Assert.That(votes.Center(), Is.EqualTo(expected));
    }

    [Test]
    public void A_comment_represents_a_group_by_how_much_more_likely_it_agrees()
    {
        // Group 0: two agree. Group 1: one agrees, two disagree. (2+1)/(2+2) = 0.75 against (1+1)/(3+2) = 0.4.
        var votes = new VoteMatrix([new(0, 0, 1), new(1, 0, 1), new(2, 0, 1), new(3, 0, -1), new(4, 0, -1)]);

        var stance = Representativeness.Of(votes, [0, 0, 1, 1, 1], 0).Single();

        Assert.That(stance, Is.EqualTo(new Stance { Comment = 0, Agrees = true, Agreeing = 2, Disagreeing = 0, Votes = 2, Share = 0.75, Ratio = 1.875 }));
    }
}
