namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>The keys under <c>sizes</c>.</summary>
internal sealed record SizeSettings
{
    /// <summary>The jobs of a conversation with more comments than this are large. From 0 to 1,000,000,000. Default: 5,000, as the Python poller has it.</summary>
    public long LargeAbove { get; init; } = 5000;

    /// <summary>How long the comments of a conversation are not counted again. Up to 1 d. Default: 10 min.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the database may take for an answer, connecting included. From 100 ms to 8 s, below the host's own limit of 10 s. Default: 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
