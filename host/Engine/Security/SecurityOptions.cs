namespace DelphiRunner.Engine.Security;

/// <summary>The section <c>security</c>.</summary>
internal sealed record SecurityOptions
{
    /// <summary>The programs that may run, by name or absolute path; null allows those that plugins' settings and declarations name. Default: null.</summary>
    public IReadOnlyList<string>? Programs { get; init; }

    /// <summary>What a command's environment is made of.</summary>
    public EnvironmentOptions Environment { get; init; } = new();
}

/// <summary>The key <c>environment</c> of <c>security</c>.</summary>
internal sealed record EnvironmentOptions
{
    /// <summary>The host's variables that every command gets, by exact name. Default: PATH, LANG, TZ.</summary>
    public IReadOnlyList<string> Inherit { get; init; } = ["PATH", "LANG", "TZ"];

    /// <summary>
    /// The variables that a row may set: exact names, or prefixes that end in <c>*</c>. Default: MAX_VOTES, BATCH_SIZE, NARRATIVE_BATCH_*.
    /// </summary>
    public IReadOnlyList<string> RowsMaySet { get; init; } = ["MAX_VOTES", "BATCH_SIZE", "NARRATIVE_BATCH_*"];
}
