using System.Runtime.InteropServices;
using System.Text;

namespace DelphiRunner.Engine.Polling;

/// <summary>Standard output past <see cref="Console"/>, whose writes to standard output and to standard error wait for each other.</summary>
/// <remarks>Where nobody reads the lines of the jobs, the host's log would stop too, and with it the whole host.</remarks>
internal sealed partial class StandardOutput : WriteOnlyStream
{
    private const int Descriptor = 1;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const short CanTake = 4;

    private bool _isTorn;

    /// <summary>Opens standard output for UTF-8, whatever its own encoding is.</summary>
    public static Stream Open()
    {
        var output = OperatingSystem.IsLinux() ? new StandardOutput() : Console.OpenStandardOutput();
        var encoding = Console.OutputEncoding;
        return encoding.CodePage == Encoding.UTF8.CodePage ? output : Encoding.CreateTranscodingStream(output, encoding, Encoding.UTF8);
    }

    /// <summary>Writes whole lines, waiting for the reader. Behind a line of which only a part could be written, a new one is begun.</summary>
    /// <exception cref="IOException">They could not be written, or a part only.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_isTorn)
        {
            WriteAll("\n"u8);
        }

        WriteAll(buffer);
    }

    // Not by a file of the framework: that would write at a place of its own, over what others wrote to the same file.
    private void WriteAll(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var written = WriteTo(Descriptor, bytes, (nuint)bytes.Length);
            if (written > 0)
            {
                _isTorn = bytes[(int)written - 1] != '\n';
                bytes = bytes[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    break;
                case WouldBlock:
                    var wanted = new Poll { Descriptor = Descriptor, Events = CanTake };
                    _ = WaitFor(ref wanted, count: 1, Timeout.Infinite);
                    break;
                case var error:
                    throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint WriteTo(int file, ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int WaitFor(ref Poll wanted, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
