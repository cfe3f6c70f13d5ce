using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks;

/// <summary>How many jobs a second one side managed, and what processor time each took it and its children.</summary>
internal sealed class Rate(int jobs)
{
    private readonly Figure _perSecond = new();
    private readonly Figure _processorMicroseconds = new();
    private readonly Figure _childrenMicroseconds = new();

    public double Last => _perSecond.Last;

    public void Add(Spent spent)
    {
        _perSecond.Add(jobs / spent.Elapsed.TotalSeconds);
        _processorMicroseconds.Add(spent.Processor.TotalMicroseconds / jobs);
        _childrenMicroseconds.Add(spent.Children.TotalMicroseconds / jobs);
    }

    public JsonObject ToJson()
    {
        var json = _perSecond.ToJson();
        json["processor_us_per_job"] = Figure.Rounded(_processorMicroseconds.Median);
        json["children_us_per_job"] = Figure.Rounded(_childrenMicroseconds.Median);
        return json;
    }
}
