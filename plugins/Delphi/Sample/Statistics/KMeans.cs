namespace DelphiRunner.Plugins.Delphi.Sample.Statistics;

/// <summary>Clusters of points by k-means. There is no chance in it: the first centres are the points that lie farthest from one another.</summary>
internal static class KMeans
{
    private const int MaxRounds = 300;

    /// <summary>Gives each point the number of its cluster, from 0. Numbers follow the first point of each cluster.</summary>
    public static int[] Cluster(double[][] points, int count)
    {
        var centers = ChooseCenters(points, count);
        var clusters = Assign(points, centers);
        for (var round = 0; round < MaxRounds; round++)
        {
            centers = [.. centers.Select((center, number) => Mean(points, clusters, number) ?? center)];
            var next = Assign(points, centers);
            if (next.SequenceEqual(clusters))
            {
                break;
            }

            clusters = next;
        }

        return Renumber(clusters);
    }

    public static double SquaredDistance(double[] left, double[] right) => left.Zip(right, (x, y) => (x - y) * (x - y)).Sum();

    private static double[][] ChooseCenters(double[][] points, int count)
    {
        var mean = Mean(points, new int[points.Length], 0)!;
        var centers = new List<double[]> { points.MaxBy(point => SquaredDistance(point, mean))! };
        while (centers.Count < count)
        {
            centers.Add(points.MaxBy(point => centers.Min(center => SquaredDistance(point, center)))!);
        }

        return [.. centers];
    }

    private static int[] Assign(double[][] points, double[][] centers) =>
        [.. points.Select(point => Enumerable.Range(0, centers.Length).MinBy(number => SquaredDistance(point, centers[number])))];

    private static double[]? Mean(double[][] points, int[] clusters, int number)
    {
        var members = points.Where((_, index) => clusters[index] == number).ToArray();
        return members.Length == 0 ? null : [.. Enumerable.Range(0, members[0].Length).Select(axis => members.Average(point => point[axis]))];
    }

    private static int[] Renumber(int[] clusters)
    {
        var order = clusters.Distinct().ToList();
        return [.. clusters.Select(cluster => order.IndexOf(cluster))];
    }
}
