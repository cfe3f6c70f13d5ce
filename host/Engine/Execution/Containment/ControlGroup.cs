using System.Globalization;
using System.Text;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The cgroup of one attempt, from its start to its end.</summary>
/// <param name="owner">Takes the group back.</param>
/// <param name="files">Its files.</param>
internal sealed class ControlGroup(ControlGroups owner, ControlGroupFiles files)
{
    private readonly long _cpuBefore = CpuMicroseconds(files) ?? 0;

    /// <summary>Whether no process is in it.</summary>
    public bool IsEmpty => files.ReadEvents(stackalloc byte[256]).IndexOf("populated 0"u8) >= 0;

    /// <summary>Whether the kernel can kill all that is in it at once.</summary>
    public bool CanKill => File.Exists(Path.Combine(files.Folder, "cgroup.kill"));

    /// <summary>The processor time of all that ran in it for this attempt.</summary>
    public TimeSpan? Cpu => CpuMicroseconds(files) is { } now ? TimeSpan.FromMicroseconds(now - _cpuBefore) : null;

    /// <summary>The most memory that it used, or null where no controller counts it.</summary>
    public long? PeakMemoryBytes =>
        owner.LimitsMemory && long.TryParse(TextOf("memory.peak"), CultureInfo.InvariantCulture, out var bytes) ? bytes : null;

    /// <summary>Whether the kernel killed something in it for want of memory.</summary>
    public bool RanOutOfMemory =>
        owner.LimitsMemory && Number(Encoding.ASCII.GetBytes(TextOf("memory.events")), "oom_kill "u8) > 0;

    /// <summary>Sets its limits.</summary>
    /// <exception cref="IOException">The kernel refuses one: nothing runs in the belief that it is limited.</exception>
    public void Limit(long? memoryBytes, int? processes)
    {
        if (memoryBytes is { } bytes)
        {
            Set("memory.max", bytes);
            // Not there where the machine has no swap.
            KernelFile.TryWrite(Path.Combine(files.Folder, "memory.swap.max"), "0");
        }

        if (processes is { } count)
            Set("pids.max", count);
    }

    /// <summary>Takes in a process; what it starts from then on is in it from its first moment.</summary>
    public void Add(int id)
    {
        Span<byte> text = stackalloc byte[11];
        id.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        files.AddProcess(text[..length]);
    }

    public void Kill() => KernelFile.TryWrite(Path.Combine(files.Folder, "cgroup.kill"), "1");

    /// <summary>Gives it back when its attempt is over.</summary>
    public void GiveBack() => owner.TakeBack(this, files.Folder);

    private void Set(string file, long limit)
    {
        if (!KernelFile.TryWrite(Path.Combine(files.Folder, file), limit.ToString(CultureInfo.InvariantCulture)))
            throw new IOException($"The kernel does not take {limit} for '{Path.Combine(files.Folder, file)}', so that the limit would not be enforced");
    }

    private string TextOf(string file)
    {
        try
        {
            return KernelFile.ReadText(Path.Combine(files.Folder, file));
        }
        catch (IOException)
        {
            // A figure that the host has no descriptor left to look at.
            return string.Empty;
        }
    }

    private static long? CpuMicroseconds(ControlGroupFiles files) => Number(files.ReadCpu(stackalloc byte[1024]), "usage_usec "u8);

    // usage_usec 1234
    private static long? Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        foreach (var line in text.Split((byte)'\n'))
        {
            if (text[line].StartsWith(name) && long.TryParse(text[line][name.Length..], CultureInfo.InvariantCulture, out var number))
                return number;
        }

        return null;
    }
}
