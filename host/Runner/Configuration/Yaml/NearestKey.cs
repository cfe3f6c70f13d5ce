namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>Finds the known key that an unknown one was probably meant to be.</summary>
internal static class NearestKey
{
    /// <returns>The key with the fewest edits, or null when none is near: more than a third of the letters differ.</returns>
    public static string? Find(string unknown, IEnumerable<string> known)
    {
        var (key, edits) = known.Select(key => (Key: key, Edits: Edits(unknown.ToLowerInvariant().Replace('-', '_'), key.ToLowerInvariant())))
            .OrderBy(candidate => candidate.Edits)
            .ThenBy(candidate => candidate.Key, StringComparer.Ordinal)
            .FirstOrDefault(("", int.MaxValue));
        return edits <= Math.Max(1, Math.Max(unknown.Length, key.Length) / 3) ? key : null;
    }

    /// <summary>Counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment).</summary>
    private static int Edits(string from, string to)
    {
        int[] twoBack = [], back = [.. Enumerable.Range(0, to.Length + 1)];
        for (var i = 1; i <= from.Length; i++)
        {
            var row = new int[to.Length + 1];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replace = back[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                row[j] = Math.Min(replace, Math.Min(back[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    row[j] = Math.Min(row[j], twoBack[j - 2] + 1);
            }

            (twoBack, back) = (back, row);
        }

        return back[to.Length];
    }
}
