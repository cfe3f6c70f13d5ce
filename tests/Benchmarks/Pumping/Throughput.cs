using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks.Pumping;

/// <summary>How many megabytes a second went through, and what processor time of this process each took.</summary>
internal sealed class Throughput(long bytes)
{
    private readonly double _megabytes = bytes / 1e6;
    private readonly Figure _perSecond = new();
    private readonly Figure _processorMilliseconds = new();

    public double Last => _perSecond.Last;

    public void Add(Spent spent)
    {
        _perSecond.Add(_megabytes / spent.Elapsed.TotalSeconds);
        _processorMilliseconds.Add(spent.Processor.TotalMilliseconds / _megabytes);
    }

    /// <summary>The rate, and the processor time where it is this process that does the work.</summary>
    public JsonObject ToJson(bool withProcessor = true)
    {
        var json = _perSecond.ToJson();
        if (withProcessor)
        {
            json["processor_ms_per_mb"] = Figure.Rounded(_processorMilliseconds.Median);
        }

        return json;
    }
}
