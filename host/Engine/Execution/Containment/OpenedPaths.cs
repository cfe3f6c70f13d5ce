using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The arguments of <c>bwrap</c> for the paths that <c>strict</c> leaves open, which may lie behind links.</summary>
/// <remarks>
/// Each is mounted at its real place alone: bubblewrap mounts nothing where an absolute link stands, and a second mount would show what is covered at the
/// first. The links on the way there that are in a private folder, which begins empty, are made again.
/// </remarks>
internal sealed class OpenedPaths
{
    private const int MaxLinks = 40;

    private readonly IReadOnlyList<string> _privateFolders;
    private readonly List<(string Path, string How)> _mounts;
    private readonly List<Step> _steps;

    /// <param name="options">What is left open. A path that does not exist stays as it is, and bubblewrap says so.</param>
    /// <param name="privateFolders">The real paths of the folders that begin empty.</param>
    /// <exception cref="IOException">Where a path leads cannot be told.</exception>
    public OpenedPaths(StrictOptions options, IReadOnlyList<string> privateFolders)
    {
        _privateFolders = privateFolders;
        // What lies within another comes behind it, and would be hidden by it otherwise.
        _mounts =
        [
            .. options.Readable.Select(path => (Path: RealPath(path), How: "--ro-bind")).Concat(options.Writable.Select(path => (Path: RealPath(path), How: "--bind")))
                .OrderBy(mount => mount.Path.TrimEnd('/').Count(letter => letter == '/')),
        ];
        _steps = [.. options.Readable.Concat(options.Writable).SelectMany(StepsTo).Distinct()];
    }

    /// <summary>Makes sure that no link on the way to what is opened may be a command's: who may write where a link stands decides where it leads.</summary>
    /// <param name="options">What is left open.</param>
    /// <param name="writable">What the job types with <c>strict</c> let their commands write.</param>
    /// <exception cref="ConfinementException">One may be.</exception>
    public static void RefuseLinksOfCommands(StrictOptions options, IReadOnlyList<string> writable)
    {
        List<string> links = [.. options.Readable.Concat(options.Writable).SelectMany(StepsTo).Where(step => step.Target is not null).Select(step => step.Path)];
        // Another job type's path may be on a disk that does not answer, and is asked for only where it counts.
        if (links.Count == 0)
            return;

        List<string> folders = [.. options.Writable.Concat(writable).SelectMany(path => new[] { path, RealPathIfKnown(path) }).Distinct()];
        foreach (var link in links)
        {
            if (folders.Find(folder => IsWithin(folder, link)) is { } folder)
                throw new ConfinementException($"'{link}' is a link in '{folder}', which commands may write, so that one of them could lead it elsewhere. Name in 'strict' where it leads, not the link.");
        }
    }

    /// <summary>Gives the arguments, to follow those of the private folders.</summary>
    public IEnumerable<string> Arguments()
    {
        var again = _steps.Where(step => IsPrivate(step.Path) && !_mounts.Exists(mount => IsWithin(mount.Path, step.Path))).ToList();
        return
        [
            // By default bubblewrap makes what leads to a folder for its owner alone, who may be another.
            .. _mounts.Select(mount => mount.Path).Concat(again.Select(step => step.Target is null ? $"{step.Path}/" : step.Path)).SelectMany(PrivateFoldersAbove).Distinct()
                .SelectMany(folder => new[] { "--dir", folder }),
            .. _mounts.SelectMany(mount => new[] { mount.How, mount.Path, mount.Path }),
            .. again.SelectMany(step => step.Target is { } target ? new[] { "--symlink", target, step.Path } : []),
        ];
    }

    private static string RealPath(string path) => ProgramPath.TryResolve(path) ?? path;

    private static string RealPathIfKnown(string path)
    {
        try
        {
            return RealPath(path);
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static bool IsWithin(string folder, string path) => path.StartsWith(folder.TrimEnd('/') + '/', StringComparison.Ordinal);

    private bool IsPrivate(string path) => _privateFolders.Any(folder => IsWithin(folder, path));

    /// <summary>The folders between a private one and a path in it, the outermost first.</summary>
    private IEnumerable<string> PrivateFoldersAbove(string path)
    {
        var above = new Stack<string>();
        for (var folder = Path.GetDirectoryName(path); folder is not null && IsPrivate(folder); folder = Path.GetDirectoryName(folder))
            above.Push(folder);
        return above;
    }

    /// <summary>What has to be there for the system to find a path: every link on the way, and every folder that it goes through only to leave it by <c>..</c>.</summary>
    private static IEnumerable<Step> StepsTo(string path)
    {
        var folder = "/";
        var left = new Stack<string>(Names(path));
        for (var links = 0; links < MaxLinks && left.TryPop(out var name);)
        {
            var step = Path.Combine(folder, name);
            if (name == "..")
            {
                yield return new Step(folder, Target: null);
                folder = Path.GetDirectoryName(folder) ?? folder;
            }
            else if (new FileInfo(step).LinkTarget is { } target)
            {
                yield return new Step(step, target);
                links++;
                folder = target.StartsWith('/') ? "/" : folder;
                foreach (var next in Names(target))
                    left.Push(next);
            }
            else
            {
                folder = step;
            }
        }
    }

    // The last one first, as a stack takes them.
    private static IEnumerable<string> Names(string path) => path.Split('/').Where(name => name is not ("" or ".")).Reverse();

    /// <param name="Path">Its real place.</param>
    /// <param name="Target">What a link holds; null for a folder.</param>
    private readonly record struct Step(string Path, string? Target);
}
