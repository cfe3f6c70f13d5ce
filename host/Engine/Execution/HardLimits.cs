using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Execution;

/// <summary>The limits of a process that the host can give its children: what it may have itself, and no more. Linux only.</summary>
internal static partial class HardLimits
{
    public const int Cpu = 0;
    public const int FileSize = 1;
    public const int Data = 2;
    public const int Processes = 6;
    public const int OpenFiles = 7;

    /// <summary>The most that a child can be given, or null where nothing limits it.</summary>
    /// <param name="resource">One of the constants, which are the kernel's numbers.</param>
    public static ulong? Of(int resource)
    {
        Span<nuint> softAndHard = stackalloc nuint[2];
        return OperatingSystem.IsLinux() && GetLimit(resource, softAndHard) == 0 && softAndHard[1] != nuint.MaxValue ? softAndHard[1] : null;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, Span<nuint> softAndHard);
}
