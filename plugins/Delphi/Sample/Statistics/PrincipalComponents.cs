namespace DelphiRunner.Plugins.Delphi.Sample.Statistics;

/// <summary>The directions in which the participants differ most, found by Jacobi rotations of the covariance matrix.</summary>
internal sealed class PrincipalComponents
{
    private const int MaxSweeps = 100;

    private PrincipalComponents(double[][] components, double[] variances, double totalVariance) =>
        (Components, Variances, TotalVariance) = (components, variances, totalVariance);

    /// <summary>Unit vectors, the one of the greatest variance first. The entry of the greatest size in each is positive.</summary>
    public IReadOnlyList<double[]> Components { get; }

    public IReadOnlyList<double> Variances { get; }

    public double TotalVariance { get; }

    /// <param name="centered">Rows whose columns have a mean of 0.</param>
    /// <param name="count">How many components to keep.</param>
    public static PrincipalComponents Of(double[][] centered, int count)
    {
        var matrix = Covariance(centered);
        var total = matrix.Select((row, i) => row[i]).Sum();
        var vectors = Diagonalize(matrix);
        var order = Enumerable.Range(0, matrix.Length).OrderByDescending(i => matrix[i][i]).ThenBy(i => i).Take(count).ToArray();
        return new PrincipalComponents(
            [.. order.Select(i => Orient([.. vectors.Select(row => row[i])]))],
            [.. order.Select(i => Math.Max(0, matrix[i][i]))],
            total);
    }

    /// <summary>The coordinates of rows along the components.</summary>
    public double[][] Project(double[][] centered) =>
        [.. centered.Select(row => Components.Select(component => row.Zip(component, (x, y) => x * y).Sum()).ToArray())];

    private static double[][] Covariance(double[][] rows)
    {
        var width = rows[0].Length;
        var divisor = Math.Max(1, rows.Length - 1);
        return [.. Enumerable.Range(0, width).Select(i =>
            Enumerable.Range(0, width).Select(j => rows.Sum(row => row[i] * row[j]) / divisor).ToArray())];
    }

    /// <summary>Rotates until nothing is left beside the diagonal; the columns of the result are the eigenvectors.</summary>
    private static double[][] Diagonalize(double[][] a)
    {
        var n = a.Length;
        double[][] vectors = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Select(j => i == j ? 1.0 : 0.0).ToArray())];
        var scale = a.Sum(row => row.Sum(x => x * x));
        for (var sweep = 0; sweep < MaxSweeps && OffDiagonal(a) > 1e-24 * scale; sweep++)
        {
            for (var p = 0; p < n - 1; p++)
            {
                for (var q = p + 1; q < n; q++)
                {
                    Rotate(a, vectors, p, q);
                }
            }
        }

        return vectors;
    }

    private static void Rotate(double[][] a, double[][] vectors, int p, int q)
    {
        if (a[p][q] == 0)
        {
            return;
        }

        var theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        for (var k = 0; k < a.Length; k++)
        {
            (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]);
        }

        for (var k = 0; k < a.Length; k++)
        {
            (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]);
            (vectors[k][p], vectors[k][q]) = (c * vectors[k][p] - s * vectors[k][q], s * vectors[k][p] + c * vectors[k][q]);
        }
    }

    private static double OffDiagonal(double[][] a)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            for (var j = 0; j < a.Length; j++)
            {
                sum += i == j ? 0 : a[i][j] * a[i][j];
            }
        }

        return sum;
    }

    private static double[] Orient(double[] vector)
    {
        var greatest = vector.MaxBy(Math.Abs);
        return greatest < 0 ? [.. vector.Select(x => -x)] : vector;
    }
}
