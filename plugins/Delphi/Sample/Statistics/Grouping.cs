namespace DelphiRunner.Plugins.Delphi.Sample.Statistics;

/// <summary>The division of points into as many clusters as fit them best.</summary>
internal sealed record Grouping(int[] Clusters, double Silhouette)
{
    public int Count => Clusters.Distinct().Count();

    /// <summary>Tries each number of clusters and keeps the one of the best silhouette; of equals the smaller.</summary>
    /// <returns>The division, or null where the points do not differ.</returns>
    public static Grouping? Find(double[][] points, int most)
    {
        var distinct = points.Select(point => string.Join('|', point)).Distinct().Count();
        return Enumerable.Range(2, Math.Max(0, Math.Min(most, distinct) - 1))
            .Select(count => KMeans.Cluster(points, count))
            .Select(clusters => new Grouping(clusters, Statistics.Silhouette.Of(points, clusters)))
            .MaxBy(grouping => grouping.Silhouette);
    }
}
