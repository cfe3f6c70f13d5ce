using System.Globalization;

namespace DelphiRunner.Benchmarks;

/// <summary>What a process of this machine has used, read from <c>/proc</c>.</summary>
internal static class ProcessUsage
{
    // The kernel counts in these whatever the machine (proc(5), sysconf(_SC_CLK_TCK)).
    private const int TicksPerSecond = 100;

    // Counted behind the program's name, which may hold spaces (proc(5)).
    private const int UserTimeField = 11;
    private const int SystemTimeField = 12;
    private const int UserTimeOfChildrenField = 13;
    private const int SystemTimeOfChildrenField = 14;

    /// <summary>User and system time so far, in steps of 10 ms.</summary>
    public static TimeSpan ProcessorTime(int processId) => Sum($"/proc/{processId}/stat", UserTimeField, SystemTimeField);

    /// <summary>User and system time of this process's children that have ended, and of theirs, in steps of 10 ms.</summary>
    public static TimeSpan ProcessorTimeOfChildren() => Sum("/proc/self/stat", UserTimeOfChildrenField, SystemTimeOfChildrenField);

    /// <summary>The memory that the process holds now, pages that it shares with others included.</summary>
    public static long ResidentBytes(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }

    private static TimeSpan Sum(string file, int first, int second)
    {
        var stat = File.ReadAllText(file);
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((Number(fields[first]) + Number(fields[second])) / (double)TicksPerSecond);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
