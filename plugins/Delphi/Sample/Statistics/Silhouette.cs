namespace DelphiRunner.Plugins.Delphi.Sample.Statistics;

/// <summary>How well points lie within their clusters, from -1 to 1 (Rousseeuw 1987).</summary>
internal static class Silhouette
{
    public static double Of(double[][] points, int[] clusters)
    {
        var numbers = clusters.Distinct().ToArray();
        return numbers.Length < 2 ? 0 : points.Select((_, index) => OfPoint(points, clusters, numbers, index)).Average();
    }

    private static double OfPoint(double[][] points, int[] clusters, int[] numbers, int index)
    {
        if (clusters.Count(number => number == clusters[index]) == 1)
        {
            return 0;
        }

        var inside = MeanDistance(points, clusters, index, clusters[index]);
        var outside = numbers.Where(number => number != clusters[index]).Min(number => MeanDistance(points, clusters, index, number));
        var greater = Math.Max(inside, outside);
        return greater == 0 ? 0 : (outside - inside) / greater;
    }

    private static double MeanDistance(double[][] points, int[] clusters, int index, int number) => points
        .Where((_, other) => other != index && clusters[other] == number)
        .Average(other => Math.Sqrt(KMeans.SquaredDistance(points[index], other)));
}
