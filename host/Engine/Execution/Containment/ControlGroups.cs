using System.Collections.Concurrent;
using System.Globalization;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The host's own branch of the tree of cgroups (version 2), in which each attempt has a group.</summary>
internal sealed class ControlGroups : IDisposable
{
    private const string Prefix = "delphi-runner-";

    private readonly string _folder;
    private readonly ConcurrentDictionary<string, ControlGroupFiles> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> _empty = [];
    private int _count;

    /// <param name="folder">The branch's folder, which is there.</param>
    /// <param name="controllers">The controllers that groups below it have.</param>
    public ControlGroups(string folder, IReadOnlyCollection<string> controllers)
    {
        _folder = folder;
        LimitsMemory = controllers.Contains("memory");
        LimitsProcesses = controllers.Contains("pids");
    }

    public bool LimitsMemory { get; }

    public bool LimitsProcesses { get; }

    /// <summary>Makes the branch below the host's own group, and removes those of hosts that were killed, with all that still runs in them.</summary>
    /// <param name="failure">Why there is none, otherwise null.</param>
    public static ControlGroups? TryOpen(out string? failure)
    {
        if (FindOwn() is not { } own)
        {
            failure = "the host is in no cgroup of version 2";
            return null;
        }

        try
        {
            RemoveLeftovers(own);
            var folder = Directory.CreateDirectory(Path.Combine(own, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}"))).FullName;
            failure = null;
            return new ControlGroups(folder, HandDown(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = e.Message.TrimEnd('.');
            return null;
        }
    }

    /// <summary>Gives an empty group, of an attempt before where that leaves no trace: the kernel takes long to make one and to remove it.</summary>
    /// <exception cref="IOException">The system refuses it.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public ControlGroup Take() => new(this, _files[_empty.TryTake(out var folder) ? folder : Make()]);

    /// <summary>Takes a group back. One that is not empty stays until the host starts again.</summary>
    public void TakeBack(ControlGroup group, string folder)
    {
        if (!group.IsEmpty)
        {
            return;
        }

        // What controllers have counted and were set to would be the next attempt's.
        if (LimitsMemory || LimitsProcesses)
            Remove(folder);
        else
            _empty.Add(folder);
    }

    /// <summary>Removes the branch; a group with an unkillable process in it keeps it there.</summary>
    public void Dispose()
    {
        foreach (var folder in _files.Keys)
            Remove(folder);
        TryRemove(_folder);
    }

    private string Make()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture))).FullName;
        try
        {
            _files[folder] = new ControlGroupFiles(folder);
            return folder;
        }
        catch
        {
            TryRemove(folder);
            throw;
        }
    }

    private void Remove(string folder)
    {
        if (_files.TryRemove(folder, out var files))
            files.Dispose();
        TryRemove(folder);
    }

    private static void TryRemove(string folder)
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

    // Refused where the host's own group holds processes beside groups; then there are none to be had.
    private static string[] HandDown(string folder)
    {
        var file = Path.Combine(folder, "cgroup.subtree_control");
        foreach (var controller in new[] { "memory", "pids" })
            KernelFile.TryWrite(file, $"+{controller}");
        return KernelFile.ReadText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static string? FindOwn()
    {
        // 36 25 0:30 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw, see man 5 proc_pid_mountinfo.
        var mount = Lines("/proc/self/mountinfo").Select(line => line.Split(" - ")).FirstOrDefault(parts => parts is [_, var kind] && kind.StartsWith("cgroup2 ", StringComparison.Ordinal));
        var path = Lines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
        return mount is null || path is null ? null : Path.Join(mount[0].Split(' ')[4], path[3..]).TrimEnd('/');
    }

    private static string[] Lines(string file) => KernelFile.ReadText(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static void RemoveLeftovers(string own)
    {
        foreach (var branch in Directory.EnumerateDirectories(own, Prefix + "*"))
        {
            var id = Path.GetFileName(branch)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(id, CultureInfo.InvariantCulture, out var host) && ProcessStat.TryRead(host) is null)
            {
                KernelFile.TryWrite(Path.Combine(branch, "cgroup.kill"), "1");
                foreach (var group in Directory.EnumerateDirectories(branch))
                    TryRemove(group);
                TryRemove(branch);
            }
        }
    }
}
