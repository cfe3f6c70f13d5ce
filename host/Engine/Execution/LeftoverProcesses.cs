using System.Diagnostics;
using System.Globalization;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Execution;

/// <summary>
/// What a killed host left running: a command that was just being started, before its parent-death signal was set, and bubblewrap's inner process,
/// which waits for ever when the outer one dies while it makes the namespace (bubblewrap#633).
/// </summary>
internal static class LeftoverProcesses
{
    private const string Mark = "DELPHI_RESULT_FILE=";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Kills the processes of attempts whose host is dead, and waits until they are gone.</summary>
    /// <param name="workFolders">
    /// The names of their work folders. No two attempts on earth have the same, and whoever calls this holds the lock of the state folder that they
    /// are in, so that no process of a running host is meant.
    /// </param>
    /// <returns>How many there were, and those that are there still.</returns>
    public static (int Killed, IReadOnlyList<int> Left) End(IReadOnlySet<string> workFolders)
    {
        if (!OperatingSystem.IsLinux() || workFolders.Count == 0)
            return (0, []);
        var seen = new HashSet<(int, ulong)>();
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var left = Find(workFolders).ToList();
            if (left.Count == 0 || Stopwatch.GetElapsedTime(began) > Limit)
                return (seen.Count, [.. left.Select(process => process.Id)]);
            foreach (var process in left)
            {
                seen.Add((process.Id, process.StartTime));
                // Its id may be another's by now, which began later.
                if (ProcessStat.TryRead(process.Id)?.StartTime == process.StartTime)
                    _ = Signals.Send(process.Id, Signals.Kill);
            }

            Thread.Sleep(Pause);
        }
    }

    // What it began with is read behind its start time, so that both are of one process if the start time is still the same when it is killed.
    private static IEnumerable<ProcessStat> Find(IReadOnlySet<string> workFolders) =>
        Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? ProcessStat.TryRead(id) : null)
            .OfType<ProcessStat>()
            .Where(process => !process.HasEnded && process.Id != Environment.ProcessId && IsOf(process.Id, workFolders));

    private static bool IsOf(int id, IReadOnlySet<string> workFolders) =>
        KernelFile.ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/environ")).Split('\0')
            .Where(variable => variable.StartsWith(Mark, StringComparison.Ordinal))
            .Any(variable => workFolders.Contains(Path.GetFileName(Path.GetDirectoryName(variable[Mark.Length..])) ?? ""));
}
