using System.Globalization;

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

    /// <summary>How many threads it has.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether the process is past its last instruction: it has given its memory back, and with that what shows whose it is.</summary>
    public required bool IsEnding { get; init; }

    /// <summary>Whether the process has ended and only waits to be collected by its parent. The state is its first thread's, which others may outlive.</summary>
    public bool HasEnded => State == 'X' || (State == 'Z' && Threads <= 1);

    /// <summary>Reads a process.</summary>
    /// <returns>The process, or null when there is none of that id.</returns>
    /// <exception cref="IOException">It cannot be told whether there is one; so for all that looks at processes.</exception>
    public static ProcessStat? TryRead(int id)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var text = KernelFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"), buffer);
        return text.IsEmpty ? null : Parse(id, text);
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
    public static IReadOnlyList<int> FindChildren(int id) => TryRead(id) switch
    {
        null => [],
        { Threads: 1 } => ChildrenOf(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/task/{id}")),
        _ => ChildrenOfThreads(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/task")),
    };

    /// <summary>Finds the children of one thread of a process; none when it is gone.</summary>
    /// <param name="task">Its folder, <c>/proc/PID/task/ID</c>.</param>
    public static IReadOnlyList<int> ChildrenOf(string task)
    {
        var text = KernelFile.ReadText($"{task}/children");
        return text.Length == 0
            ? []
            : [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture))];
    }

    private static IReadOnlyList<int> ChildrenOfThreads(string tasks)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(tasks).SelectMany(ChildrenOf)];
        }
        catch (Exception e) when (e is DirectoryNotFoundException or UnauthorizedAccessException || e.HResult == Signals.NoSuchProcess)
        {
            return [];
        }
    }

    private static ProcessStat Parse(int id, ReadOnlySpan<byte> text)
    {
        // The second field is the program's name in parentheses and may hold anything, so fields are counted from its end.
        text = text[(text.LastIndexOf((byte)')') + 2)..];
        Span<long> fields = stackalloc long[21];
        var count = 0;
        foreach (var field in text.Split((byte)' '))
        {
            if (count == fields.Length)
                break;
            // Only the first is no number, and only sizes may be too great for one.
            fields[count++] = long.TryParse(text[field], CultureInfo.InvariantCulture, out var number) ? number : -1;
        }

        return new ProcessStat
        {
            Id = id,
            State = (char)text[0],
            Parent = (int)fields[1],
            Group = (int)fields[2],
            Session = (int)fields[3],
            CpuTicks = fields[11] + fields[12] + fields[13] + fields[14],
            Threads = (int)fields[17],
            StartTime = (ulong)fields[19],
            IsEnding = fields[20] == 0,
        };
    }
}
