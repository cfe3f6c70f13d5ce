namespace DelphiRunner.Engine.Execution;

/// <summary>A process on Linux and all below it.</summary>
internal static class ProcessTree
{
    /// <summary>Finds a process and all below it, each before its children, which are looked for only then.</summary>
    /// <remarks>By a stack of its own, since a command makes the tree as deep as it likes.</remarks>
    public static IEnumerable<int> Find(int root)
    {
        var open = new Stack<int>([root]);
        while (open.TryPop(out var id))
        {
            yield return id;
            foreach (var child in ProcessStat.FindChildren(id).Reverse())
                open.Push(child);
        }
    }
}
