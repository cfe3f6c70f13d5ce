using System.Runtime.InteropServices;
using System.Text;

namespace DelphiRunner.Engine.Execution;

/// <summary>Removes folders whose contents other programs made.</summary>
/// <remarks>
/// On Linux by the folders' descriptors and the names' bytes. A command can nest folders deeper than a path may be long, give names that are no
/// text, and put a link in a folder's place while it is looked at: paths would fail at the first two and follow the third.
/// </remarks>
internal static partial class FolderRemoval
{
    // Beyond it folders are moved up, so that neither descriptors nor the stack run out.
    private const int MostDepth = 32;
    private const int MostRounds = 100;

    private const int HereFolder = -100;
    private const int RemoveFolder = 0x200;
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const uint Private = 0b111_000_000;

    private const int NotThere = 2;
    private const int Denied = 13;
    private const int IsFolder = 21;

    // struct linux_dirent64: inode, offset, length of the record, kind, name.
    private const int LengthAt = 16;
    private const int NameAt = 19;

    private static readonly EnumerationOptions RealFolders = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    // The one flag of these whose number Linux does not share between its architectures.
    private static int NoFollow =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>Removes a folder and all in it; a link in it or in its place is removed, and not what it leads to. One that is not there is no matter.</summary>
    /// <exception cref="IOException">Something in it cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">Something in it belongs to another user.</exception>
    public static void Remove(string folder)
    {
        if (OperatingSystem.IsLinux())
            RemoveEntry(HereFolder, [.. Encoding.UTF8.GetBytes(Path.TrimEndingDirectorySeparator(folder)), 0], new Removal(folder));
        else if (Directory.Exists(folder))
            RemoveByPath(folder);
    }

    private static void RemoveByPath(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (OperatingSystem.IsWindows() || new DirectoryInfo(folder).LinkTarget is not null)
                throw;
            TakeRightsBack(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void TakeRightsBack(string folder)
    {
        File.SetUnixFileMode(folder, (UnixFileMode)Private);
        foreach (var below in Directory.EnumerateDirectories(folder, "*", RealFolders))
            TakeRightsBack(below);
    }

    private static void RemoveEntry(int parent, byte[] name, Removal removal)
    {
        if (Unlink(parent, name, 0) == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        if (error == NotThere)
            return;
        if (error != IsFolder)
            throw removal.Failure(error);
        if (removal.Depth > MostDepth && Rename(parent, name, removal.Top, Encoding.UTF8.GetBytes($"{Guid.NewGuid():N}\0")) == 0)
            return;

        Empty(parent, name, removal);
        if (Unlink(parent, name, RemoveFolder) != 0 && Marshal.GetLastPInvokeError() is not NotThere and var left)
            throw removal.Failure(left);
    }

    private static void Empty(int parent, byte[] name, Removal removal)
    {
        var folder = OpenFolder(parent, name, removal);
        try
        {
            // A command may have taken the right to change a folder from everybody, its owner among them.
            _ = ChangeMode(folder, Private);
            if (removal.Depth++ == 0)
                removal.Top = folder;
            // More than one round where folders were moved up, or where somebody still writes.
            for (var round = 0; RemoveEntries(folder, removal); round++)
            {
                if (round == MostRounds * (removal.Depth == 1 ? MostRounds : 1))
                    throw new IOException($"'{removal.Folder}' cannot be removed: something goes on writing to it.");
                _ = Seek(folder, 0, 0);
            }

            removal.Depth--;
        }
        finally
        {
            _ = Close(folder);
        }
    }

    /// <returns>Whether there were any.</returns>
    private static bool RemoveEntries(int folder, Removal removal)
    {
        var buffer = new byte[8192];
        var hadSome = false;
        while (true)
        {
            var length = (int)ReadFolder(folder, buffer, (nuint)buffer.Length);
            if (length < 0)
                throw removal.Failure(Marshal.GetLastPInvokeError());
            if (length == 0)
                return hadSome;
            for (var at = 0; at < length; at += BitConverter.ToUInt16(buffer, at + LengthAt))
            {
                var name = buffer.AsSpan(at + NameAt);
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (name.SequenceEqual(".\0"u8) || name.SequenceEqual("..\0"u8))
                    continue;
                hadSome = true;
                RemoveEntry(folder, name.ToArray(), removal);
            }
        }
    }

    private static int OpenFolder(int parent, byte[] name, Removal removal)
    {
        var flags = ReadOnly | NonBlocking | CloseOnExec | NoFollow;
        var folder = OpenAt(parent, name, flags);
        // Only who is not root is denied, and has no rights through a link that it lacks without.
        if (folder < 0 && Marshal.GetLastPInvokeError() == Denied && ChangeModeAt(parent, name, Private, 0) == 0)
            folder = OpenAt(parent, name, flags);
        return folder >= 0 ? folder : throw removal.Failure(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenAt(int folder, byte[] name, int flags);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReadFolder(int folder, byte[] buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unlink(int folder, byte[] name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(int folder, byte[] name, int newFolder, byte[] newName);

    [LibraryImport("libc", EntryPoint = "fchmod")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeMode(int file, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeModeAt(int folder, byte[] name, uint mode, int flags);

    [LibraryImport("libc", EntryPoint = "lseek")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Seek(int file, nint offset, int from);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);

    /// <summary>One removal under way.</summary>
    private sealed class Removal(string folder)
    {
        public string Folder => folder;

        /// <summary>The descriptor of the folder itself, once it is open.</summary>
        public int Top { get; set; }

        /// <summary>How many folders are open.</summary>
        public int Depth { get; set; }

        public Exception Failure(int error)
        {
            var message = $"'{folder}' cannot be removed whole: {Marshal.GetPInvokeErrorMessage(error)}.";
            return error is Denied or 1 ? new UnauthorizedAccessException(message) : new IOException(message);
        }
    }
}
