namespace DelphiRunner.Contracts;

/// <summary>A command that a handler asks the host to run. The host's policies may refuse it; it never passes through a shell.</summary>
public sealed record JobCommand
{
    /// <summary>Gets the program: an absolute path, or a name to be found on the host's <c>PATH</c>.</summary>
    public required string Program { get; init; }

    /// <summary>Gets the arguments after the program, each handed over as it is. Default: none. Each at most 128 KiB.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Gets the absolute working directory, or null for the attempt's own work folder.</summary>
    /// <remarks>The plugin's settings, a <see cref="WorksInFolderAttribute"/> or the operator have to name it, or a folder above it.</remarks>
    public string? WorkingDirectory { get; init; }

    /// <summary>Gets the environment variables that the handler sets. Default: none. The host adds its own (<c>DELPHI_RESULT_FILE</c> and others).</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the environment variables that the row asks for. Default: none.</summary>
    /// <remarks>Each passes <c>security.environment.rows_may_set</c>; what it refuses is left out and named in the job's log.</remarks>
    public IReadOnlyDictionary<string, string> EnvironmentFromRow { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the text for the program's standard input, or null for an empty one.</summary>
    public string? StandardInput { get; init; }

    /// <summary>Gets a time limit shorter than that of the job type, or null. Above zero.</summary>
    public TimeSpan? TimeLimit { get; init; }
}
