using System.Globalization;
using System.Runtime.InteropServices;

namespace DelphiRunner.Child;

/// <summary>Children that run until something ends them.</summary>
internal static partial class Waiting
{
    private const int Stop = 19;

    public static int? Run(string command, string[] rest)
    {
        switch (command)
        {
            case "wait":
                Console.WriteLine("ready");
                return Forever();
            case "sleep-until-file":
                Console.WriteLine("ready");
                while (!File.Exists(rest[0]))
                    Thread.Sleep(10);
                return 0;
            case "ignore-term":
                return IgnoreSignals();
            case "trap-term":
                return TrapTerm(int.Parse(rest[0], CultureInfo.InvariantCulture));
            case "stop-itself":
                Console.WriteLine("ready");
                _ = Send(Environment.ProcessId, Stop);
                return Forever();
            case "end-first-thread":
                return EndFirstThread();
            default:
                return null;
        }
    }

    public static int Forever()
    {
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static int IgnoreSignals()
    {
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        Console.WriteLine("ready");
        return Forever();
    }

    private static int EndFirstThread()
    {
        new Thread(() =>
        {
            // By its state one would think that the process has ended.
            while (!File.ReadAllText("/proc/self/stat").Contains(") Z ", StringComparison.Ordinal))
                Thread.Sleep(10);
            Console.WriteLine("ready");
            Forever();
        }).Start();
        // As pthread_exit does, but without the runtime's notice.
        _ = Call(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 60 : 93, 0);
        return 1;
    }

    private static int TrapTerm(int code)
    {
        using var trapped = new ManualResetEventSlim();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            trapped.Set();
        });
        Console.WriteLine("ready");
        trapped.Wait();
        Console.WriteLine("trapped");
        return code;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(int id, int signal);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Call(nint number, nint argument);
}
