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

    /// <summary>Reads a file of a known greatest length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="buffer">Takes the bytes; what does not fit in is not read.</param>
    /// <returns>What was read: nothing where the file is not there or may not be read.</returns>
    public static ReadOnlySpan<byte> Read(string path, Span<byte> buffer)
    {
        var file = Open(path, ReadOnly | CloseOnExec);
        if (file < 0)
            return [];
        var length = Read(file, buffer, (nuint)buffer.Length);
        _ = Close(file);
        return length > 0 ? buffer[..(int)length] : [];
    }

    /// <summary>Reads a file whole.</summary>
    /// <returns>Its text, empty where the file is not there or may not be read.</returns>
    public static string ReadText(string path)
    {
        var buffer = new byte[4096];
        var file = Open(path, ReadOnly | CloseOnExec);
        if (file < 0)
            return string.Empty;
        var length = 0;
        while (Read(file, buffer.AsSpan(length), (nuint)(buffer.Length - length)) is > 0 and var read)
        {
            length += (int)read;
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
        var file = Open(path, WriteOnly | CloseOnExec);
        if (file < 0)
            return false;
        var bytes = Encoding.UTF8.GetBytes(text);
        var written = Write(file, bytes, (nuint)bytes.Length);
        _ = Close(file);
        return written == bytes.Length;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int file, Span<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int file, ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}
