using System.Diagnostics;

namespace DelphiRunner.Benchmarks;

/// <summary>What a repetition took: time, and this process's processor time, which hardly depends on what else the machine does.</summary>
internal readonly record struct Spent(TimeSpan Elapsed, TimeSpan Processor)
{
    public static async Task<Spent> ByAsync(Func<Task> action)
    {
        // Each side begins with the garbage of the other collected.
        GC.Collect();
        var processor = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        await action();
        return new Spent(Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - processor);
    }
}
