namespace DelphiRunner.Engine.Security;

/// <summary>Lets commands work only in folders that exist, in or below those that somebody named, and nowhere in the host's own but in their attempt's.</summary>
/// <param name="allowed">The operator's list, which alone counts when it is given.</param>
/// <param name="stateFolder">The host's own folder.</param>
internal sealed class FolderPolicy(IReadOnlyList<string>? allowed, string stateFolder)
{
    private static readonly StringComparison Paths = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>Checks the folder that a command asks for.</summary>
    /// <param name="asked">The folder, or null for the attempt's own.</param>
    /// <param name="workFolder">The attempt's own, which is always allowed.</param>
    /// <param name="named">What the plugin's settings and declarations name, as absolute paths.</param>
    /// <returns>
    /// The absolute path, with all links resolved: one that is changed before the start leads nowhere else. Only who may replace one of the real
    /// folders on the way still could.
    /// </returns>
    /// <exception cref="CommandDeniedException">It does not exist, nobody named it, or it is the host's.</exception>
    public string Admit(string? asked, string workFolder, IReadOnlySet<string> named)
    {
        if (asked is null)
            return Path.GetFullPath(workFolder);
        if (!Path.IsPathFullyQualified(asked))
            throw Denied(asked, "is a relative path; it has to be absolute. Correct the plugin's settings.");
        if (!Directory.Exists(asked))
            throw Denied(asked, "does not exist. Correct the path in the plugin's settings, or create the folder.");
        var folder = Real(asked);
        if (Holds(Real(workFolder), folder))
            return folder;
        if (Holds(Real(stateFolder), folder))
            throw Denied(asked, "is in the host's state folder, where a command works in its attempt's own folder only. Correct the path in the plugin's settings.");
        if (!IsAllowed(allowed ?? (IReadOnlyCollection<string>)named, folder))
        {
            throw Denied(asked, allowed is null
                ? "is in no folder that the plugin's settings or its handler name. Name it there, or list it under 'security.working_folders'."
                : "is in none of the folders of 'security.working_folders'. Correct the path in the plugin's settings, or list its folder there.");
        }

        return folder;
    }

    // What holds a real path as it is written is real itself; only where none does, the links of each are followed.
    private static bool IsAllowed(IReadOnlyCollection<string> roots, string folder) =>
        roots.Any(root => Holds(root, folder)) || roots.Any(root => Holds(Real(root), folder));

    private static bool Holds(string above, string below)
    {
        var root = Path.TrimEndingDirectorySeparator(above);
        return below.Equals(root, Paths) || below.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, Paths);
    }

    // As if a file were asked for in it, whose folder is resolved.
    private static string Real(string folder) =>
        Path.GetDirectoryName(ProgramPath.InRealFolder(Path.Combine(Path.GetFullPath(folder), ".")))!; // It has a folder: this one.

    private static CommandDeniedException Denied(string folder, string reason) =>
        new(RefusalKind.WorkingFolder, folder, $"Working directory '{folder}' {reason}");
}
