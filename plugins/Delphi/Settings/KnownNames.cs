namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>Names that the settings may hold, and the suggestion for one that they may not.</summary>
internal static class KnownNames
{
    public static readonly IReadOnlyList<string> FullPipelineFlags = ["rid", "include_moderation", "exclude_comment_selections"];

    public static readonly IReadOnlyList<string> CreateNarrativeBatchFlags =
        ["include_moderation", "exclude_comment_selections", "max-batch-size", "no-cache"];

    /// <summary>The variables that the scripts read and that hold no secret.</summary>
    public static readonly IReadOnlyList<string> ScriptVariables =
    [
        "DYNAMODB_ENDPOINT", "AWS_REGION", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_SSL_MODE",
        "LLM_PROVIDER", "OLLAMA_HOST", "OLLAMA_MODEL", "SENTENCE_TRANSFORMER_MODEL", "MATH_ENV",
    ];

    /// <summary>The nearest of some names, as the end of a sentence, or all of them when none is near.</summary>
    public static string Suggest(string name, IReadOnlyCollection<string> known)
    {
        var nearest = known.Select(candidate => (candidate, distance: Distance(name, candidate))).OrderBy(pair => pair.distance).FirstOrDefault();
        return nearest.candidate is not null && nearest.distance <= Math.Max(2, name.Length / 3)
            ? $"Did you mean '{nearest.candidate}'?"
            : $"Known are: {string.Join(", ", known)}.";
    }

    /// <summary>The edits between two names (Levenshtein); case does not count.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
