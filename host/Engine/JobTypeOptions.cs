using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine;

/// <summary>One entry of the section <c>job_types</c>.</summary>
internal sealed record JobTypeOptions
{
    /// <summary>Jobs of this type at once on this host. From 1. Default: no limit of its own.</summary>
    public int? Slots { get; init; }

    /// <summary>The longest that a command of this type may run; a shorter time of the row or the handler counts. Default: <c>execution.time_limit</c>.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>The attribute whose value no two running jobs of this type share, for instance <c>conversation_id</c>. Default: none.</summary>
    public string? ExclusiveBy { get; init; }

    /// <summary>How a command of this type is asked to end. Default: TERM and 30 s.</summary>
    public StopOptions Stop { get; init; } = new();

    /// <summary>What a command of this type may see, use and be. Default: the best that the machine has, no limits, the host's own user.</summary>
    public ConfinementOptions Confinement { get; init; } = new();

    /// <summary>The secrets that commands of this type get, and that are masked in all output. Default: none.</summary>
    public IReadOnlyList<SecretGrant> Secrets { get; init; } = [];
}
