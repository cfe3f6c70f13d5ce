using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Execution;

/// <summary>Signals to processes and groups, with the numbers that Linux and macOS share.</summary>
internal static partial class Signals
{
    /// <summary>No signal: only asks whether somebody is there.</summary>
    public const int None = 0;

    public const int Hup = 1;
    public const int Int = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Pipe = 13;
    public const int Term = 15;

    /// <summary>The error that says that there is no such process or group.</summary>
    public const int NoSuchProcess = 3;

    public static int Continue => OperatingSystem.IsLinux() ? 18 : 19;

    public static int Number(StopSignal signal) => signal switch
    {
        StopSignal.Int => Int,
        StopSignal.Hup => Hup,
        StopSignal.Quit => Quit,
        _ => Term,
    };

    /// <summary>Sends a signal to a process, or to a group when the id is negative.</summary>
    /// <returns>0, or the number of the error.</returns>
    public static int Send(int id, int signal) => SendSignal(id, signal) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Lets children begin with SIGPIPE as normal, although the runtime ignores it and children inherit that.</summary>
    /// <remarks>
    /// A signal that is *handled* falls back to normal in a child, at no cost, where a prefix program (<c>env --default-signal</c>) costs a
    /// third of the rate. The handler only has to return: the host's own writes still end with EPIPE. It is a function of the C library,
    /// because managed code must not run in a signal handler.
    /// </remarks>
    public static void HandlePipe()
    {
        if (!OperatingSystem.IsWindows())
        {
            var library = NativeLibrary.Load("libc", typeof(Signals).Assembly, DllImportSearchPath.SafeDirectories);
            _ = SetHandler(Pipe, NativeLibrary.GetExport(library, "abs"));
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int id, int signal);

    [LibraryImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SetHandler(int signal, nint handler);
}
