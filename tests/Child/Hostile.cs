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
                return BurnProcessor();
            case "close-outputs":
                _ = Close(1);
                _ = Close(2);
                return int.Parse(rest[0], CultureInfo.InvariantCulture);
            case "read":
                return Read(rest);
            case "write":
                return Write(rest);
            case "open-to-write":
                return OpenToWrite(rest);
            case "fill":
                return Fill(rest[0], long.Parse(rest[1], CultureInfo.InvariantCulture));
            case "connect":
                return Connect(new IPEndPoint(IPAddress.Loopback, int.Parse(rest[0], CultureInfo.InvariantCulture)), ProtocolType.Tcp);
            case "connect-abstract":
                return Connect(new UnixDomainSocketEndPoint($"\0{rest[0]}"), ProtocolType.Unspecified);
            case "find-in-environments":
                return FindInEnvironments(rest[0]);
            case "diagnose":
                return Diagnostics.AskForEnvironment(rest[0], int.Parse(rest[1], CultureInfo.InvariantCulture), rest[2]);
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

    private static int BurnProcessor()
    {
        var used = TimeSpan.FromSeconds(0.5);
        var seen = TimeSpan.FromSeconds(1.2);
        while (Environment.CpuUsage.TotalTime < used)
            Thread.SpinWait(1000);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < seen;)
            Thread.SpinWait(1000);
        Console.WriteLine("burnt");
        while (true)
            Thread.SpinWait(1000);
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

    private static int OpenToWrite(string[] files)
    {
        foreach (var file in files)
        {
            try
            {
                File.Open(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
                Console.WriteLine("opened");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Console.WriteLine("refused");
            }
        }

        return 0;
    }

    private static int Fill(string file, long most)
    {
        var block = new byte[1 << 20];
        long written = 0;
        try
        {
            using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            for (; written < most; written += block.Length)
                stream.Write(block);
            Console.WriteLine("filled");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.WriteLine($"stopped at {written >> 20} MiB");
        }

        return 0;
    }

    private static int Connect(EndPoint to, ProtocolType protocol)
    {
        try
        {
            using var socket = new Socket(to.AddressFamily, SocketType.Stream, protocol);
            socket.Connect(to);
            Console.WriteLine("connected");
        }
        catch (SocketException)
        {
            Console.WriteLine("refused");
        }

        return 0;
    }

    private static int FindInEnvironments(string text)
    {
        var found = 0;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                found += File.ReadAllText(Path.Combine(process, "environ")).Contains(text, StringComparison.Ordinal) ? 1 : 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended, or it is closed to this user: what the test is about.
            }
        }

        Console.WriteLine($"found {found}");
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
