namespace DelphiRunner.Engine;

/// <summary>The section <c>retention</c>.</summary>
internal sealed record RetentionOptions
{
    /// <summary>How long the work folder of a failed attempt is kept. From 1 m to 365 d. Default: null, not at all.</summary>
    public TimeSpan? FailedWorkFolders { get; init; }
}
