using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Execution;

/// <summary>What children get from the process and the thread that start them, at no cost, where a prefix program would cost a start.</summary>
internal static partial class Inheritance
{
    private const int CoreSize = 4;
    private const int OneProcess = 0;
    private const int LowestPriority = 19;

    /// <summary>Forbids core dumps for this process and all that it starts from now on: they would hold secrets, and fill the disk.</summary>
    public static void ForbidCoreDumps()
    {
        if (OperatingSystem.IsLinux())
            _ = SetLimit(CoreSize, [0, 0]);
    }

    /// <summary>Lowers the priority of the calling thread and of what it starts; on Linux a thread has its own.</summary>
    /// <param name="nice">By how much, from 0 to 19. The system's lowest is not gone below.</param>
    public static void LowerPriority(int nice)
    {
        if (OperatingSystem.IsLinux() && nice > 0)
            _ = SetPriority(OneProcess, 0, Math.Min(GetPriority(OneProcess, 0) + nice, LowestPriority));
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int resource, ReadOnlySpan<nuint> softAndHard);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetPriority(int which, uint who);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, uint who, int priority);
}
