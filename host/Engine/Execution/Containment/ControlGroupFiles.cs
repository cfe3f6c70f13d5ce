using Microsoft.Win32.SafeHandles;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The files of a cgroup that every attempt needs. They stay open as long as the group is there: the kernel writes their text anew for each reading.</summary>
internal sealed class ControlGroupFiles : IDisposable
{
    private readonly SafeFileHandle _processes;
    private readonly SafeFileHandle _events;
    private readonly SafeFileHandle _cpu;

    /// <param name="folder">The group's folder, which is there.</param>
    /// <exception cref="IOException">The system refuses a file.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public ControlGroupFiles(string folder)
    {
        Folder = folder;
        _processes = Open("cgroup.procs", FileAccess.Write);
        _events = Open("cgroup.events", FileAccess.Read);
        _cpu = Open("cpu.stat", FileAccess.Read);
    }

    public string Folder { get; }

    public ReadOnlySpan<byte> ReadEvents(Span<byte> buffer) => Read(_events, buffer);

    public ReadOnlySpan<byte> ReadCpu(Span<byte> buffer) => Read(_cpu, buffer);

    public void AddProcess(ReadOnlySpan<byte> id)
    {
        try
        {
            RandomAccess.Write(_processes, id, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended: whoever needs it in here looks for it.
        }
    }

    public void Dispose()
    {
        _processes.Dispose();
        _events.Dispose();
        _cpu.Dispose();
    }

    private SafeFileHandle Open(string name, FileAccess access) =>
        File.OpenHandle(Path.Combine(Folder, name), FileMode.Open, access, FileShare.ReadWrite);

    private static ReadOnlySpan<byte> Read(SafeFileHandle file, Span<byte> buffer)
    {
        try
        {
            return buffer[..RandomAccess.Read(file, buffer, 0)];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
