using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine;

/// <summary>All that a host is configured with, but for its store and its plugins.</summary>
internal sealed record EngineOptions
{
    /// <summary>The absolute path of the state folder.</summary>
    public required string State { get; init; }

    /// <summary>The absolute path of the queue's file, which no command may read, or null when the queue is on no file of this machine. Default: null.</summary>
    public string? QueueFile { get; init; }

    public ServingOptions Serving { get; init; } = new();

    public InstanceOptions Instance { get; init; } = new();

    public PollingOptions Polling { get; init; } = new();

    public ClaimOptions Claims { get; init; } = new();

    public ExecutionOptions Execution { get; init; } = new();

    public RetentionOptions Retention { get; init; } = new();

    public SecurityOptions Security { get; init; } = new();

    public IReadOnlyDictionary<string, JobTypeOptions> JobTypes { get; init; } = new Dictionary<string, JobTypeOptions>();
}
