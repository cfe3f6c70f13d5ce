namespace DelphiRunner.Engine.Security;

/// <summary>The section <c>security</c>.</summary>
internal sealed record SecurityOptions
{
    /// <summary>The programs that may run, by name or absolute path; null allows those that plugins' settings and declarations name. Default: null.</summary>
    public IReadOnlyList<string>? Programs { get; init; }

    /// <summary>
    /// The SHA-256 that a program has to have, in hexadecimal, by its name or absolute path. While one of them is not there, no command runs. Default:
    /// none is compared.
    /// </summary>
    public IReadOnlyDictionary<string, string> ProgramHashes { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The folders in or below which commands may work, beside the attempt's own work folder; null allows those that plugins' settings and
    /// declarations name. Links are resolved. Nothing else in the host's state folder is ever allowed. Default: null.
    /// </summary>
    public IReadOnlyList<string>? WorkingFolders { get; init; }

    /// <summary>The files that hold secrets, by the name of each; others are taken from the host's environment. Default: none.</summary>
    public IReadOnlyDictionary<string, string> SecretFiles { get; init; } = new Dictionary<string, string>();

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

    /// <summary>
    /// Whether a row may also set what begins with DELPHI_, AWS_, ANTHROPIC_, OPENAI_ or OLLAMA_, credentials and endpoints among it, as an earlier
    /// draft of the runner let it. Default: false.
    /// </summary>
    public bool OlderPrefixes { get; init; }
}
