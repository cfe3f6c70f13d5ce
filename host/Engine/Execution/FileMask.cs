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

    /// <summary>Narrows the mask of the process, where the commands can get theirs back.</summary>
    /// <returns>What it means that they could not, as a sentence for the operator; otherwise none.</returns>
    public static IReadOnlyList<string> Narrow()
    {
        if (!OperatingSystem.IsLinux() || _before is not null)
        {
            return [];
        }

        if (FindHindrance() is { } hindrance)
        {
            return
            [
                $"The host keeps the file mode mask that it was started with, as commands do, since no thread can have one of its own here ({hindrance}). " +
                "Its files outside of the state folder are as open to other users as that says: start it with 'umask 077', which counts for commands, too, or keep all of them in 'state'.",
            ];
        }

        _before = Set(OwnerOnly);
        return [];
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

    // Tried on a thread that ends with it. A container's filter of system calls may refuse it.
    private static string? FindHindrance()
    {
        string? hindrance = null;
        var thread = new Thread(() => hindrance = LeaveShared(FileSystemAttributes) == 0 ? null : Marshal.GetLastPInvokeErrorMessage());
        thread.Start();
        thread.Join();
        return hindrance;
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint Set(uint mask);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LeaveShared(int flags);
}
