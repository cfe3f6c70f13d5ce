using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The arguments of <c>bwrap</c> for the paths that <c>strict</c> leaves open, which may lie behind links.</summary>
/// <remarks>
/// Each is mounted at its real place alone: bubblewrap mounts nothing where an absolute link stands, and a second mount would show what is covered at the
/// first. A link on the way there that is in a private folder, which begins empty, is made again.
/// </remarks>
internal static class OpenedPaths
{
    /// <param name="options">What is left open. A path that does not exist stays as it is, and bubblewrap says so.</param>
    /// <param name="privateFolders">The real paths of the folders that begin empty.</param>
    public static IEnumerable<string> Arguments(StrictOptions options, IReadOnlyList<string> privateFolders)
    {
        List<string> readable = [.. options.Readable.Select(RealPath)];
        List<string> writable = [.. options.Writable.Select(RealPath)];
        var links = options.Readable.Concat(options.Writable).Select(path => LinkOnTheWay(path, privateFolders)).OfType<string>()
            .Where(link => !readable.Concat(writable).Any(opened => IsWithin(opened, link))).Distinct(StringComparer.Ordinal);
        return
        [
            .. readable.SelectMany(path => new[] { "--ro-bind", path, path }),
            .. writable.SelectMany(path => new[] { "--bind", path, path }),
            .. links.SelectMany(link => new[] { "--symlink", RealPath(link), link }),
        ];
    }

    private static string RealPath(string path) => ProgramPath.TryResolve(path) ?? path;

    // The first one: what it leads to is there by its real path, whatever links follow.
    private static string? LinkOnTheWay(string path, IReadOnlyList<string> privateFolders)
    {
        var folder = "/";
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var step = Path.Combine(folder, name);
            if (new FileInfo(step).LinkTarget is not null && privateFolders.Any(one => IsWithin(one, step)))
                return step;
            if (ProgramPath.TryResolve(step) is not { } real)
                return null;
            folder = real;
        }

        return null;
    }

    private static bool IsWithin(string folder, string path) => path.StartsWith(folder.TrimEnd('/') + '/', StringComparison.Ordinal);
}
