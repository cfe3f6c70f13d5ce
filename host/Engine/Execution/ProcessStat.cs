using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Execution;

/// <summary>What Linux tells about a process in <c>/proc/PID/stat</c>, see man 5 proc_pid_stat.</summary>
internal readonly record struct ProcessStat(int Id, char State, int Group, ulong StartTime)
{
    /// <summary>Whether the process has ended and only waits to be collected by its parent.</summary>
    public bool HasEnded => State is 'Z' or 'X';

    /// <summary>Reads a process.</summary>
    /// <returns>The process, or null when there is none of that id.</returns>
    public static ProcessStat? TryRead(int id)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat");
        // Mostly asked for one that is gone, where an exception would cost more than all else.
        if (!File.Exists(path))
            return null;
        try
        {
            using var file = File.OpenHandle(path);
            Span<byte> bytes = stackalloc byte[1024];
            var text = Encoding.Latin1.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]);
            // The second field is the program's name in parentheses and may hold anything, so fields are counted from its end.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            var culture = CultureInfo.InvariantCulture;
            return new ProcessStat(id, fields[0][0], int.Parse(fields[2], culture), ulong.Parse(fields[19], culture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Finds the processes of a group, those that have ended but are not collected yet among them.</summary>
    public static IReadOnlyList<ProcessStat> FindGroup(int group) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? TryRead(id) : null)
            .OfType<ProcessStat>()
            .Where(stat => stat.Group == group),
    ];
}
