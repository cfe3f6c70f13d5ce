using System.Diagnostics;

namespace DelphiRunner.Benchmarks;

/// <summary>What a repetition took: time, and processor time, which hardly depends on what else the machine does.</summary>
/// <param name="Elapsed">By the clock.</param>
/// <param name="Processor">Of this process.</param>
/// <param name="Children">Of the children that ended meanwhile, and of theirs.</param>
internal readonly record struct Spent(TimeSpan Elapsed, TimeSpan Processor, TimeSpan Children)
{
    public static async Task<Spent> ByAsync(Func<Task> action)
    {
        // Each side begins with the garbage of the other collected.
        GC.Collect();
        var processor = Environment.CpuUsage.TotalTime;
        var children = ProcessUsage.ProcessorTimeOfChildren();
        var start = Stopwatch.GetTimestamp();
        await action();
        return new Spent(
            Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - processor, ProcessUsage.ProcessorTimeOfChildren() - children);
    }
}
