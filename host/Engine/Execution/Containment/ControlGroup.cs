using System.Globalization;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The cgroup of one attempt.</summary>
internal sealed class ControlGroup(string folder)
{
    /// <summary>Whether no process is in it.</summary>
    public bool IsEmpty => TryRead(Path.Combine(folder, "cgroup.events")).Contains("populated 0", StringComparison.Ordinal);

    /// <summary>The processor time of all that ever ran in it.</summary>
    public TimeSpan? Cpu => Number("cpu.stat", "usage_usec") is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : null;

    /// <summary>The most memory that it ever used, or null where no controller counts it.</summary>
    public long? PeakMemoryBytes =>
        long.TryParse(TryRead(Path.Combine(folder, "memory.peak")), CultureInfo.InvariantCulture, out var bytes) ? bytes : null;

    /// <summary>Whether the kernel killed something in it for want of memory.</summary>
    public bool RanOutOfMemory => Number("memory.events", "oom_kill") > 0;

    public void Limit(long? memoryBytes, int? processes)
    {
        if (memoryBytes is { } bytes)
        {
            TryWrite(Path.Combine(folder, "memory.max"), bytes.ToString(CultureInfo.InvariantCulture));
            TryWrite(Path.Combine(folder, "memory.swap.max"), "0");
        }

        if (processes is { } count)
            TryWrite(Path.Combine(folder, "pids.max"), count.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Takes in a process; what it starts from then on is in it from its first moment.</summary>
    public void Add(int id) => TryWrite(Path.Combine(folder, "cgroup.procs"), id.ToString(CultureInfo.InvariantCulture));

    public void Kill() => TryWrite(Path.Combine(folder, "cgroup.kill"), "1");

    /// <summary>Removes it. One that is not empty stays until the host starts again.</summary>
    public void Remove() => TryRemove(folder);

    internal static string TryRead(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : string.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    internal static bool TryWrite(string file, string text)
    {
        try
        {
            File.WriteAllText(file, text);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is not there or ended is no matter here: whoever needs the effect looks for it.
            return false;
        }
    }

    internal static void TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody is in it; the next start of the host removes it.
        }
    }

    private long? Number(string file, string name)
    {
        var line = TryRead(Path.Combine(folder, file)).Split('\n').FirstOrDefault(line => line.StartsWith(name + ' ', StringComparison.Ordinal));
        return line is null ? null : long.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
