using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace DelphiRunner.Engine.Security;

/// <summary>
/// Keeps what the host's own process holds, the store's credentials above all, from the processes that it starts and from others of its user.
/// Linux only; elsewhere it does nothing.
/// </summary>
internal static partial class HostProtection
{
    /// <summary>The variable that the runtime reads when it starts, and only then; a setting in a file does not reach the socket.</summary>
    public const string DiagnosticsVariable = "DOTNET_EnableDiagnostics";

    private const int SetDumpable = 4;
    private const int GetDescriptorFlags = 1;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const int FirstInherited = 3;

    /// <summary>
    /// Starts this program anew in the same process, without the runtime's diagnostics socket, unless its environment already says something about
    /// the socket. The socket hands the environment to every process of the same user. Called before anything is opened; then it does not return.
    /// </summary>
    public static void CloseDiagnostics()
    {
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable(DiagnosticsVariable) is null)
        {
            StartAnew();
        }
    }

    /// <summary>Makes the process unreadable to others of its user, and keeps descriptors that it was started with from its children.</summary>
    /// <returns>What of this machine or this start leaves the host less protected than it could be, as sentences for the operator.</returns>
    public static IReadOnlyList<string> Seal() => OperatingSystem.IsLinux() ? [.. SealOnLinux()] : [];

    [SupportedOSPlatform("linux")]
    private static IEnumerable<string> SealOnLinux()
    {
        // Before the process is sealed: its own list of descriptors is closed to it then, too.
        foreach (var descriptor in InheritedDescriptors())
        {
            _ = SetFlags(descriptor, SetDescriptorFlags, CloseOnExec);
        }

        if (ControlProcess(SetDumpable, 0, 0, 0, 0) != 0)
        {
            yield return $"The host's memory and environment can be read by other processes of its user: the system refused to seal it (error {Marshal.GetLastPInvokeError()}).";
        }

        if (Environment.GetEnvironmentVariable(DiagnosticsVariable) is var diagnostics && diagnostics != "0")
        {
            yield return diagnostics is null
                ? $"The runtime's diagnostics socket hands the host's environment to other processes of its user, and the host could not be started anew without it. Set {DiagnosticsVariable}=0 where it is started."
                : $"The runtime's diagnostics socket hands the host's environment to other processes of its user, since {DiagnosticsVariable} is '{diagnostics}'. Set it to 0, or remove it.";
        }

        if (Environment.IsPrivilegedProcess)
        {
            yield return "The host runs as root: its children are kept from its memory and files only as far as their sandbox goes. Run it as a user of its own.";
        }
    }

    [SupportedOSPlatform("linux")]
    private static List<int> InheritedDescriptors() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
            .Where(descriptor => descriptor >= FirstInherited && GetFlags(descriptor, GetDescriptorFlags) is >= 0 and var flags && (flags & CloseOnExec) == 0)
            .ToList();

    [SupportedOSPlatform("linux")]
    private static void StartAnew()
    {
        try
        {
            var arguments = File.ReadAllBytes("/proc/self/cmdline");
            var environment = File.ReadAllBytes("/proc/self/environ");
            RemoveSockets();
            Become(
                Environment.ProcessPath ?? "/proc/self/exe",
                Texts(arguments),
                [.. Texts(environment), Encoding.UTF8.GetBytes($"{DiagnosticsVariable}=0\0")]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It goes on as it is; what that means is said when it is sealed.
        }
    }

    /// <summary>The runtime removes its socket and pipes when it ends, which it does not when another program takes its place.</summary>
    private static void RemoveSockets()
    {
        var id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var pattern in new[] { $"dotnet-diagnostic-{id}-*-socket", $"clr-debug-pipe-{id}-*" })
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(Path.GetTempPath(), pattern))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>The texts of a block in which each ends with NUL, with that NUL.</summary>
    private static List<byte[]> Texts(byte[] block)
    {
        var texts = new List<byte[]>();
        for (int start = 0, end; start < block.Length && (end = Array.IndexOf(block, (byte)0, start)) >= 0; start = end + 1)
        {
            texts.Add(block[start..(end + 1)]);
        }

        return texts;
    }

    /// <summary>As bytes, since neither arguments nor an environment have to be UTF-8.</summary>
    private static unsafe void Become(string path, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment)
    {
        // Never freed: it is another program that goes on, or this one goes on once without.
        _ = Execute(Encoding.UTF8.GetBytes(path + '\0'), Pointers(arguments), Pointers(environment));
    }

    private static unsafe nint Pointers(IReadOnlyList<byte[]> texts)
    {
        var pointers = (nint*)NativeMemory.AllocZeroed((nuint)(texts.Count + 1), (nuint)sizeof(nint));
        for (var i = 0; i < texts.Count; i++)
        {
            pointers[i] = (nint)NativeMemory.Alloc((nuint)texts[i].Length);
            Marshal.Copy(texts[i], 0, pointers[i], texts[i].Length);
        }

        return (nint)pointers;
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Execute(byte[] path, nint arguments, nint environment);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ControlProcess(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetFlags(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetFlags(int descriptor, int command, int flags);
}
