using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Execution;

/// <summary>What Linux tells about a process in <c>/proc/PID/stat</c>, see man 5 proc_pid_stat.</summary>
internal readonly record struct ProcessStat
{
    public required int Id { get; init; }

    public required char State { get; init; }

    public required int Parent { get; init; }

    public required int Group { get; init; }

    public required int Session { get; init; }

    /// <summary>In ticks since the machine's start: with the id it tells a process from a later one of the same id.</summary>
    public required ulong StartTime { get; init; }

    /// <summary>Processor time of the process and of the children that it waited for, in ticks of 10 ms.</summary>
    public required long CpuTicks { get; init; }

    /// <summary>Whether the process is past its last instruction: it has given its memory back, and with that what shows whose it is.</summary>
    public required bool IsEnding { get; init; }

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
            var length = RandomAccess.Read(file, bytes, 0);
            return length == 0 ? null : Parse(id, Encoding.Latin1.GetString(bytes[..length]));
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

    /// <summary>Finds the children of a process, in the order in which they became its children; none when it is gone.</summary>
    public static IReadOnlyList<int> FindChildren(int id)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/task")).SelectMany(ChildrenOf)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Finds the children of one thread of a process; none when it is gone.</summary>
    /// <param name="task">Its folder, <c>/proc/PID/task/ID</c>.</param>
    public static IEnumerable<int> ChildrenOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "children"))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(text => int.Parse(text, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static ProcessStat Parse(int id, string text)
    {
        // The second field is the program's name in parentheses and may hold anything, so fields are counted from its end.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat
        {
            Id = id,
            State = fields[0][0],
            Parent = Number(1),
            Group = Number(2),
            Session = Number(3),
            CpuTicks = fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)),
            IsEnding = fields[20] == "0",
            StartTime = ulong.Parse(fields[19], CultureInfo.InvariantCulture),
        };

        int Number(int index) => int.Parse(fields[index], CultureInfo.InvariantCulture);
    }
}
