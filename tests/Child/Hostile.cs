using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DelphiRunner.Child;

/// <summary>Children that try to get out, to get at what is not theirs, or to take all there is.</summary>
internal static partial class Hostile
{
    public static int? Run(string command, string[] rest)
    {
        switch (command)
        {
            case "escape":
                // The shell between the two ends at once, so that the sleeper has no parent here.
                return Shell("setsid sh -c 'exec sleep 300' >/dev/null 2>&1 </dev/null & echo left");
            case "escape-unmarked":
                return Shell("env -i setsid /bin/sleep 300 >/dev/null 2>&1 </dev/null & echo left");
            case "daemonize":
                return Shell("(setsid sh -c 'trap \"\" TERM INT HUP; while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &) ; echo left");
            case "fork-bomb":
                return ForkWithoutEnd();
            case "zombies":
                return Shell("for i in 1 2 3 4 5 6 7 8; do (exit 0) & done; echo ready; exec sleep 300");
            case "eat-memory":
                return EatMemory();
            case "burn-cpu":
                while (true)
                    Thread.SpinWait(1000);
            case "close-outputs":
                _ = Close(1);
                _ = Close(2);
                return int.Parse(rest[0], CultureInfo.InvariantCulture);
            case "read":
                return Read(rest);
            case "write":
                return Write(rest);
            case "connect":
                return Connect(int.Parse(rest[0], CultureInfo.InvariantCulture));
            default:
                return null;
        }
    }

    private static int Shell(string script)
    {
        using var shell = Process.Start("/bin/sh", ["-c", script]);
        shell.WaitForExit();
        return shell.ExitCode;
    }

    private static int ForkWithoutEnd()
    {
        var started = 0;
        try
        {
            for (; started < 100_000; started++)
                Process.Start("/bin/sleep", "300").Dispose();
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or OutOfMemoryException)
        {
            Console.WriteLine($"stopped at {started}");
            return 3;
        }

        return 0;
    }

    private static int EatMemory()
    {
        var eaten = new List<byte[]>();
        try
        {
            for (var i = 0; i < 64 * 1024; i++)
            {
                var block = GC.AllocateUninitializedArray<byte>(1 << 20);
                Array.Fill(block, (byte)1);
                eaten.Add(block);
            }
        }
        catch (OutOfMemoryException)
        {
            var count = eaten.Count;
            eaten.Clear();
            Console.WriteLine($"stopped at {count} MiB");
            return 3;
        }

        return 0;
    }

    private static int Read(string[] files)
    {
        foreach (var file in files)
        {
            try
            {
                Console.WriteLine($"read {File.ReadAllBytes(file).Length}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Console.WriteLine("refused");
            }
        }

        return 0;
    }

    private static int Write(string[] files)
    {
        foreach (var file in files)
        {
            try
            {
                File.WriteAllText(file, "written");
                Console.WriteLine("written");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Console.WriteLine("refused");
            }
        }

        return 0;
    }

    private static int Connect(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            Console.WriteLine("connected");
        }
        catch (SocketException)
        {
            Console.WriteLine("refused");
        }

        return 0;
    }

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
