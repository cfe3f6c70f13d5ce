using System.Globalization;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Execution;

/// <summary>What an attempt used of the machine.</summary>
internal sealed record AttemptUsage
{
    public TimeSpan? Cpu { get; init; }

    public long? PeakMemoryBytes { get; init; }

    /// <summary>Whether a figure was looked at from time to time and not counted, so that the true one may be higher.</summary>
    public bool IsSampled { get; init; }

    /// <summary>Whether the kernel killed something of it for want of memory; false also when that cannot be known.</summary>
    public bool RanOutOfMemory { get; init; }
}

/// <summary>Measures an attempt: by its cgroup where it has one that counts, otherwise by looking at its processes from time to time.</summary>
internal sealed class AttemptMeter : IDisposable
{
    private const int TicksPerSecond = 100;
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    private readonly int _root;
    private readonly ControlGroup? _group;
    private readonly ITimer? _timer;
    private readonly Lock _gate = new();
    private long? _cpuTicks;
    private long? _peakMemory;
    private bool _isOver;
    private bool _isGroupKept;

    /// <param name="root">The attempt's root process.</param>
    /// <param name="group">Its cgroup, or null. It is given back with this, unless it is kept.</param>
    /// <param name="time">The clock.</param>
    public AttemptMeter(int root, ControlGroup? group, TimeProvider time)
    {
        (_root, _group) = (root, group);
        if (OperatingSystem.IsLinux())
            _timer = time.CreateTimer(_ => Look(), null, FirstLook, BetweenLooks);
    }

    /// <summary>Called with each look.</summary>
    public Action? OnLook { get; init; }

    public AttemptUsage Read()
    {
        lock (_gate)
        {
            _isOver = true;
            var cpu = _group?.Cpu;
            var memory = _group?.PeakMemoryBytes;
            return new AttemptUsage
            {
                Cpu = cpu ?? (_cpuTicks is { } ticks ? TimeSpan.FromSeconds((double)ticks / TicksPerSecond) : null),
                PeakMemoryBytes = memory ?? _peakMemory,
                IsSampled = (cpu is null && _cpuTicks is not null) || (memory is null && _peakMemory is not null),
                RanOutOfMemory = _group?.RanOutOfMemory ?? false,
            };
        }
    }

    /// <summary>Keeps the cgroup beyond the disposal, for an attempt of which something may be alive: who asks for it gives it back.</summary>
    public ControlGroup? KeepGroup()
    {
        lock (_gate)
        {
            _isGroupKept = true;
            return _group;
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_gate)
        {
            _isOver = true;
            if (!_isGroupKept)
                _group?.GiveBack();
        }
    }

    private void Look()
    {
        // Of a command with many processes a look may take longer than until the next one, which then is left out.
        if (!_gate.TryEnter())
            return;
        try
        {
            if (!_isOver)
                Measure();
        }
        catch (IOException)
        {
            // The host has no descriptor left to look with; the next look is in a second.
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void Measure()
    {
        OnLook?.Invoke();
        var processes = ProcessTree.Find(_root).ToList();
        var ticks = processes.Select(ProcessStat.TryRead).OfType<ProcessStat>().Sum(stat => stat.CpuTicks);
        var memory = processes.Select(ReadMemory).ToList();
        _cpuTicks = Math.Max(_cpuTicks ?? 0, ticks);
        // All together now, or the most that one of them ever had.
        _peakMemory = Math.Max(_peakMemory ?? 0, Math.Max(memory.Sum(one => one.Now), memory.Max(one => one.Most)));
    }

    private static (long Now, long Most) ReadMemory(int id)
    {
        var lines = KernelFile.ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/status")).Split('\n');
        return (Bytes("VmRSS:"), Bytes("VmHWM:"));

        // VmHWM:      1234 kB
        long Bytes(string name) => lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? 1024 * long.Parse(line[name.Length..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture)
            : 0;
    }
}
