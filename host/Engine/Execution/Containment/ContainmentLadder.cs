namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The rungs that this machine has, as <see cref="ContainmentProbe"/> found by running them.</summary>
internal sealed class ContainmentLadder : IDisposable
{
    public required PrefixPrograms Programs { get; init; }

    /// <summary>The best rung that works.</summary>
    public required Rung Best { get; init; }

    /// <summary>Why there is no PID namespace, or null when there is.</summary>
    public string? NoNamespace { get; init; }

    /// <summary>Why there are no sessions either, or null when there are.</summary>
    public string? NoSession { get; init; }

    /// <summary>What a session lacks on this machine, and why; null when it lacks nothing.</summary>
    public string? WeakSession { get; init; }

    /// <summary>Why the profile <c>strict</c> cannot be had, or null when it can.</summary>
    public string? NoStrict { get; init; }

    /// <summary>Whether a folder in memory can be given a size, which bubblewrap does since 0.7.</summary>
    public bool SizesPrivateFolders { get; init; }

    /// <summary>Where attempts get cgroups, or null.</summary>
    public ControlGroups? Groups { get; init; }

    /// <summary>Why there are no cgroups, or null when there are.</summary>
    public string? NoGroups { get; init; }

    /// <summary>What left its attempt, or null where the system cannot show it.</summary>
    public AdoptedOrphans? Orphans { get; init; }

    /// <summary>The ladder for a person, for instance <c>PID namespace by bubblewrap; cgroup</c>.</summary>
    public string Describe() => string.Join("; ", new[]
    {
        Best switch
        {
            Rung.Namespace => "PID namespace by bubblewrap",
            Rung.Session => $"session and process group, best effort (no PID namespace: {NoNamespace})",
            _ => $"process tree, best effort (no PID namespace: {NoNamespace}; no session: {NoSession})",
        },
        WeakSession,
        Groups is null ? $"no cgroup ({NoGroups})" : "cgroup",
    }.OfType<string>());

    public void Dispose() => Groups?.Dispose();
}
