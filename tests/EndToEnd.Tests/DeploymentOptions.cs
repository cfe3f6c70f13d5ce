using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>What a test's deployment has that others do not.</summary>
internal sealed record DeploymentOptions
{
    /// <summary>Jobs at once, also of FULL_PIPELINE. Default: one at a time, so that a healthy job waits behind the job at hand.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Whether jobs of one conversation never run at once.</summary>
    public bool IsExclusive { get; init; } = true;

    /// <summary>The list under <c>commands.full_pipeline</c>, as YAML. Default: the recording script.</summary>
    public string? FullPipeline { get; init; }

    /// <summary>The table that is the queue. Default: none, a SQLite file.</summary>
    public JobQueueTable? Table { get; init; }

    /// <summary>The address under which the hosts reach the table. Default: that of its server.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The key <c>execution.sandbox</c>.</summary>
    public string Sandbox { get; init; } = "auto";

    /// <summary>Whether the host finds <c>bwrap</c> on its PATH. Default: where the machine has it.</summary>
    public bool HasBubblewrap { get; init; } = true;

    /// <summary>The list under <c>secrets</c> of FULL_PIPELINE, as YAML.</summary>
    public string Secrets { get; init; } = "[]";

    public string ClaimLength { get; init; } = "2m";

    public string MinFreeDisk { get; init; } = "1MiB";

    /// <summary>The folder of the plugins. Default: the one that the build fills.</summary>
    public string Plugins { get; init; } = BuiltFiles.Plugins;
}
