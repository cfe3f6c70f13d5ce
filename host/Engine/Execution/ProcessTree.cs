namespace DelphiRunner.Engine.Execution;

/// <summary>A process on Linux and all below it.</summary>
internal static class ProcessTree
{
    /// <summary>Does something to a process and all below it, such that what they start later inherits it.</summary>
    public static void Visit(int root, Action<int> visit)
    {
        // Each before its children, so that none can come to be between the two; until a round finds nobody new.
        var seen = new HashSet<int>();
        for (var isNew = true; isNew;)
        {
            isNew = false;
            foreach (var id in Find(root).Where(seen.Add))
            {
                visit(id);
                isNew = true;
            }
        }
    }

    /// <summary>Finds a process and all below it, each before its children, which are looked for only then.</summary>
    public static IEnumerable<int> Find(int root) => ProcessStat.FindChildren(root).SelectMany(Find).Prepend(root);
}
