using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace DelphiRunner.Engine.Execution;

/// <summary>Reads what a child wrote to <c>DELPHI_RESULT_FILE</c>. The child is not trusted with what it put there.</summary>
internal static partial class ResultFile
{
    public const int MaxBytes = 256 * 1024;

    private const FileAttributes NoSuchFile = (FileAttributes)(-1);
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    // The one flag of these whose number Linux does not share between its architectures.
    private static int NoFollow =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="note">A sentence for the job's log when the file is there but cannot be used; otherwise null.</param>
    /// <returns>The text of a JSON object, or null.</returns>
    public static string? TryRead(string path, out string? note)
    {
        note = null;
        try
        {
            // One look, which most commands end with: they write no such file. It throws where the command made its work folder one that nobody can look into.
            var attributes = new FileInfo(path).Attributes;
            if (attributes == NoSuchFile)
                return null;
            if ((attributes & (FileAttributes.ReparsePoint | FileAttributes.Directory)) != 0)
                return Unusable("it is a link or a folder, not a regular file", out note);
            using var file = Open(path);
            return Read(file, out note);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Unusable($"it cannot be read ({e.Message.TrimEnd('.')})", out note);
        }
    }

    private static string? Read(SafeFileHandle file, out string? note)
    {
        // Of a pipe or device this throws that it has no length.
        var length = RandomAccess.GetLength(file);
        if (length > MaxBytes)
            return Unusable(Text($"it has {length:N0} bytes, and at most {MaxBytes:N0} are allowed"), out note);
        var bytes = new byte[length];
        bytes = bytes[..RandomAccess.Read(file, bytes, 0)];
        try
        {
            using var json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return Unusable($"it holds a JSON {json.RootElement.ValueKind.ToString().ToLowerInvariant()}, not an object", out note);
            note = null;
            return Encoding.UTF8.GetString(bytes);
        }
        catch (JsonException e)
        {
            return Unusable(Text($"it is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})"), out note);
        }
    }

    // Neither a link put there meanwhile nor a pipe that nobody writes to may lead or hold the host.
    private static SafeFileHandle Open(string path)
    {
        if (!OperatingSystem.IsLinux())
            return File.OpenHandle(path);
        var descriptor = OpenFile(path, ReadOnly | NonBlocking | CloseOnExec | NoFollow);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    private static string? Unusable(string reason, out string? note)
    {
        note = $"The result file of the command was left out: {reason}. It has to be a regular file that holds one JSON object.";
        return null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenFile(string path, int flags);
}
