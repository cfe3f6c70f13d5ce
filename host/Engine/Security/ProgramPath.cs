using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Security;

/// <summary>Where a program lies: the path that is started, and every link on the way from there to the file.</summary>
internal sealed partial record ProgramPath
{
    private const int MaxLinks = 40;
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // Of errno: what is not there, may not be reached, lies below what is no folder, or is a link that leads in a circle. The second is Linux's or macOS'.
    private static readonly int[] Absences = [2, 13, 20, OperatingSystem.IsLinux() ? 40 : 62];

    private ProgramPath(string path, IReadOnlyList<string> steps, bool isExecutable)
    {
        Path = path;
        Steps = steps;
        IsExecutable = isExecutable;
    }

    /// <summary>The absolute path as it was found, its own links not resolved.</summary>
    public string Path { get; }

    /// <summary>The path in its real folder, then the target of each link; the last one is the file. At least one.</summary>
    public IReadOnlyList<string> Steps { get; }

    public string File => Steps[^1];

    /// <summary>Whether the file may be executed by somebody; whether by this user shows the start itself.</summary>
    public bool IsExecutable { get; }

    /// <summary>Finds a program by an absolute path, or by a bare name on a search path.</summary>
    /// <returns>The program, or null when there is no such file; it may not be executable.</returns>
    public static ProgramPath? Find(string program, string? searchPath)
    {
        ProgramPath? first = null;
        foreach (var candidate in Candidates(program, searchPath).Select(Follow).OfType<ProgramPath>())
        {
            if (candidate.IsExecutable)
                return candidate;
            first ??= candidate;
        }

        return first;
    }

    private static IEnumerable<string> Candidates(string program, string? searchPath)
    {
        if (System.IO.Path.IsPathFullyQualified(program))
            return [System.IO.Path.GetFullPath(program)];
        if (program.Length == 0 || System.IO.Path.GetFileName(program) != program)
            return [];

        var name = OperatingSystem.IsWindows() && System.IO.Path.GetExtension(program).Length == 0 ? program + ".exe" : program;
        return (searchPath ?? string.Empty)
            .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(System.IO.Path.IsPathFullyQualified)
            .Select(folder => System.IO.Path.Combine(folder, name));
    }

    /// <summary>Follows the links from a path to a file; null where there is none at their end.</summary>
    private static ProgramPath? Follow(string path)
    {
        List<string> steps = [InRealFolder(path)];
        // Each is asked once for all that is to be known of it: this is done for every job.
        var file = new FileInfo(steps[0]);
        while (IsLink(file) && steps.Count <= MaxLinks && file.LinkTarget is { } target)
        {
            // A file's path always has a folder.
            steps.Add(InRealFolder(System.IO.Path.GetFullPath(target, file.DirectoryName!)));
            file = new FileInfo(steps[^1]);
        }

        return file.Exists && !IsLink(file) ? new ProgramPath(path, steps, MayBeExecuted(file)) : null;
    }

    // For FileInfo.Exists a link that leads nowhere is a file too.
    private static bool IsLink(FileInfo file) => file.Exists && file.Attributes.HasFlag(FileAttributes.ReparsePoint) && file.LinkTarget is not null;

    private static bool MayBeExecuted(FileInfo file) => OperatingSystem.IsWindows()
        ? file.Extension.Equals(".exe", StringComparison.OrdinalIgnoreCase)
        : (file.UnixFileMode & AnyExecute) != 0;

    /// <summary>Resolves the links on the way to a file, but not the file itself. A folder that does not exist stays as it is.</summary>
    public static string InRealFolder(string path)
    {
        // A file's path always has a folder.
        var folder = System.IO.Path.GetDirectoryName(path)!;
        return System.IO.Path.Combine(OperatingSystem.IsWindows() ? folder : RealPath(folder) ?? folder, System.IO.Path.GetFileName(path));
    }

    /// <summary>Resolves every link on the way to a file or folder, and in its place, as the system does: <c>..</c> is the folder above where a link led.</summary>
    /// <returns>The real path, or null where nothing is there, or nothing that this user can reach.</returns>
    /// <exception cref="IOException">It cannot be told whether something is there.</exception>
    public static string? TryResolve(string path)
    {
        if (OperatingSystem.IsWindows())
            return path;
        if (RealPath(path) is { } resolved)
            return resolved;
        var error = Marshal.GetLastPInvokeError();
        return Absences.Contains(error) ? null : throw new IOException($"Where '{path}' leads cannot be told: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    private static unsafe string? RealPath(string path)
    {
        var resolved = RealPath(path, 0);
        var text = Marshal.PtrToStringUTF8(resolved);
        NativeMemory.Free((void*)resolved);
        return text;
    }

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint RealPath(string path, nint buffer);
}
