using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Execution;

/// <summary>
/// The file mode mask: the host's own files are for its user alone, but what commands write is for whom the host was started for. Linux only;
/// elsewhere it does nothing.
/// </summary>
internal static partial class FileMask
{
    private const uint OwnerOnly = 0b000_111_111;
    private const int FileSystemAttributes = 0x200;

    // Of the process, as the mask itself is; null until the host's was narrowed.
    private static uint? _before;

    /// <summary>Narrows the mask of the process.</summary>
    public static void Narrow()
    {
        if (OperatingSystem.IsLinux())
        {
            _before ??= Set(OwnerOnly);
        }
    }

    /// <summary>Gives the calling thread, and with it the commands that it starts, the mask back that the host was started with.</summary>
    public static void GiveBackToThread()
    {
        // Threads share the mask of their process until one leaves.
        if (_before is { } mask && LeaveShared(FileSystemAttributes) == 0)
        {
            _ = Set(mask);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint Set(uint mask);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LeaveShared(int flags);
}
