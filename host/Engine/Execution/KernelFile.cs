using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace DelphiRunner.Engine.Execution;

/// <summary>Linux files whose text the kernel makes when they are read, below <c>/proc</c> and <c>/sys</c>.</summary>
/// <remarks>
/// An attempt asks for some twenty of them, mostly of processes that have just gone. The framework's files lock, look and seek each time, and
/// throw where nothing is: with short jobs, opening them alone was a quarter of what the pool's threads did.
/// </remarks>
internal static partial class KernelFile
{
    private const int ReadOnly = 0;
    private const int WriteOnly = 1;
    private const int CloseOnExec = 0x80000;

    // Of errno: what is not there, is gone, is another's, or has no such file. All others say nothing about what was asked for.
    private static readonly int[] Absences = [1, 2, 3, 13, 19, 20, 95];

    // Of errno: for want of memory or of descriptors, of the process or of the machine.
    private static readonly int[] Wants = [12, 23, 24];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Reads a file of a known greatest length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="buffer">Takes the bytes; what does not fit in is not read.</param>
    /// <returns>What was read: nothing where the file is not there or may not be read.</returns>
    /// <exception cref="IOException">It cannot be told whether it is there: descriptors or memory are wanting, and did for a second.</exception>
    public static ReadOnlySpan<byte> Read(string path, Span<byte> buffer)
    {
        var file = Open(path, ReadOnly | CloseOnExec);
        return file < 0 ? [] : buffer[..ReadOnce(path, file, buffer, closes: true)];
    }

    /// <summary>Reads a file whole.</summary>
    /// <returns>Its text, empty where the file is not there or may not be read.</returns>
    /// <exception cref="IOException">As for <see cref="Read(string, Span{byte})"/>.</exception>
    public static string ReadText(string path)
    {
        var buffer = new byte[4096];
        var file = Open(path, ReadOnly | CloseOnExec);
        if (file < 0)
            return string.Empty;
        var length = 0;
        while (ReadOnce(path, file, buffer.AsSpan(length), closes: false) is > 0 and var read)
        {
            length += read;
            if (length == buffer.Length)
                Array.Resize(ref buffer, 2 * buffer.Length);
        }

        _ = Close(file);
        return Encoding.UTF8.GetString(buffer.AsSpan(0, length));
    }

    /// <summary>Writes a text with one call, as the kernel wants it.</summary>
    /// <returns>Whether the kernel took it.</returns>
    public static bool TryWrite(string path, string text)
    {
        var file = TryOpen(path, WriteOnly | CloseOnExec);
        if (file < 0)
            return false;
        var bytes = Encoding.UTF8.GetBytes(text);
        var written = Write(file, bytes, (nuint)bytes.Length);
        _ = Close(file);
        return written == bytes.Length;
    }

    /// <summary>Opens a file, or gives -1 where there is none.</summary>
    private static int Open(string path, int flags)
    {
        var file = TryOpen(path, flags);
        return file < 0 && !Absences.Contains(Marshal.GetLastPInvokeError()) ? throw Failure(path) : file;
    }

    // What is wanting comes back when another thread or process closes something: better late than not to know.
    private static int TryOpen(string path, int flags)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var file = OpenOnce(path, flags);
            if (file >= 0 || !Wants.Contains(Marshal.GetLastPInvokeError()) || Stopwatch.GetElapsedTime(began) > Patience)
                return file;
            Thread.Sleep(Pause);
        }
    }

    private static int ReadOnce(string path, int file, Span<byte> buffer, bool closes)
    {
        var length = (int)Read(file, buffer, (nuint)buffer.Length);
        var failure = length < 0 && !Absences.Contains(Marshal.GetLastPInvokeError()) ? Failure(path) : null;
        if (closes || failure is not null)
            _ = Close(file);
        return failure is null ? Math.Max(length, 0) : throw failure;
    }

    private static IOException Failure(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"'{path}' cannot be read: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenOnce(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int file, Span<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int file, ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}
