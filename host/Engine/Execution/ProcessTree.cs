namespace DelphiRunner.Engine.Execution;

/// <summary>A process on Linux and all below it.</summary>
internal static class ProcessTree
{
    /// <summary>Finds a process and all below it, each before its children, which are looked for only then.</summary>
    public static IEnumerable<int> Find(int root)
    {
        yield return root;
        foreach (var id in ProcessStat.FindChildren(root).SelectMany(Find))
            yield return id;
    }
}
