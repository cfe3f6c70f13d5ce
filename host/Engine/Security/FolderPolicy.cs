namespace DelphiRunner.Engine.Security;

/// <summary>Lets commands work only in folders that exist and, if the operator listed any, in or below those.</summary>
/// <param name="allowed">The operator's list, or null where every folder will do.</param>
internal sealed class FolderPolicy(IReadOnlyList<string>? allowed)
{
    /// <summary>Checks the folder that a command asks for.</summary>
    /// <param name="asked">The folder, or null for the attempt's own.</param>
    /// <param name="workFolder">The attempt's own, which is always allowed.</param>
    /// <returns>The absolute path.</returns>
    /// <exception cref="CommandDeniedException">It does not exist, or it is not under an allowed one.</exception>
    public string Admit(string? asked, string workFolder)
    {
        if (asked is null)
            return Path.GetFullPath(workFolder);
        if (!Path.IsPathFullyQualified(asked))
            throw new CommandDeniedException(RefusalKind.WorkingFolder, asked, $"Working directory '{asked}' is a relative path; it has to be absolute. Correct the plugin's settings.");
        if (!Directory.Exists(asked))
            throw new CommandDeniedException(RefusalKind.WorkingFolder, asked, $"Working directory '{asked}' does not exist. Correct the path in the plugin's settings, or create the folder.");
        if (allowed?.Append(workFolder).Any(root => Holds(root, asked)) == false)
            throw new CommandDeniedException(RefusalKind.WorkingFolder, asked, $"Working directory '{asked}' is in none of the folders of 'security.working_folders'. Correct the path in the plugin's settings, or list its folder there.");
        return Path.GetFullPath(asked);
    }

    private static bool Holds(string root, string folder)
    {
        // Whatever way leads there, it is the place that counts.
        var (above, below) = (Real(root), Real(folder));
        return below == above || below.StartsWith(Path.TrimEndingDirectorySeparator(above) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    // As if a file were asked for in it, whose folder is resolved.
    private static string Real(string folder) =>
        Path.GetDirectoryName(ProgramPath.InRealFolder(Path.Combine(Path.GetFullPath(folder), ".")))!; // It has a folder: this one.
}
