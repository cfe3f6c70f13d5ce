using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks;

/// <summary>A figure that was taken several times.</summary>
internal sealed class Figure
{
    private readonly List<double> _values = [];

    public double Median => Percentile(50);

    /// <summary>The value that came last.</summary>
    public double Last => _values[^1];

    public void Add(double value) => _values.Add(value);

    /// <summary>The value below which so many percent of the values lie, interpolated between the nearest two.</summary>
    public double Percentile(double percent)
    {
        var sorted = _values.Order().ToList();
        var rank = percent / 100 * (sorted.Count - 1);
        var below = (int)rank;
        return below + 1 < sorted.Count ? sorted[below] + ((rank - below) * (sorted[below + 1] - sorted[below])) : sorted[^1];
    }

    /// <summary>The median, its spread, and every value in the order in which they came.</summary>
    public JsonObject ToJson() => new()
    {
        ["median"] = Rounded(Median),
        ["min"] = Rounded(_values.Min()),
        ["max"] = Rounded(_values.Max()),
        ["values"] = new JsonArray([.. _values.Select(value => (JsonNode)Rounded(value))]),
    };

    /// <summary>For a figure of many values: percentiles instead of the values.</summary>
    public JsonObject ToPercentiles() => new()
    {
        ["p50"] = Rounded(Percentile(50)),
        ["p90"] = Rounded(Percentile(90)),
        ["p99"] = Rounded(Percentile(99)),
        ["min"] = Rounded(_values.Min()),
        ["max"] = Rounded(_values.Max()),
        ["count"] = _values.Count,
    };

    /// <summary>Four digits are more than any of these figures is worth.</summary>
    public static double Rounded(double value) =>
        value == 0 ? 0 : Math.Round(value, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 6));
}
