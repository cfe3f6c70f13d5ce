namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>The key <c>sandbox</c> of <c>execution</c>: whether commands run in a PID namespace of their own.</summary>
internal enum SandboxMode
{
    /// <summary>Where the system can make one; otherwise one rung lower, which is said at start.</summary>
    Auto,

    /// <summary>Always: a job type whose sandbox cannot be made is not claimed.</summary>
    Required,

    /// <summary>Never, whatever the job types say.</summary>
    Off,
}

/// <summary>The key <c>sandbox</c> of a job type: what a command sees of the machine.</summary>
internal enum SandboxProfile
{
    /// <summary>Its own PID namespace; the file system as it is, but for the host's own folder and queue, which are covered.</summary>
    Processes,

    /// <summary>As <see cref="Processes"/>, with a read-only file system, a private <c>/tmp</c> and home, and no network.</summary>
    Strict,

    /// <summary>A session of its own and no namespace.</summary>
    Off,
}

/// <summary>How commands of a job type are confined.</summary>
internal sealed record ConfinementOptions
{
    /// <summary>Null when the operator said nothing. Default: null, which is <c>processes</c> where that works.</summary>
    public SandboxProfile? Sandbox { get; init; }

    /// <summary>What <c>strict</c> leaves open.</summary>
    public StrictOptions Strict { get; init; } = new();

    /// <summary>The user as which commands run, by name; needs a host that runs as root. Default: the host's own.</summary>
    public string? User { get; init; }

    public LimitOptions Limits { get; init; } = new();
}

/// <summary>The key <c>strict</c> of a job type: what the profile of that name leaves open.</summary>
internal sealed record StrictOptions
{
    /// <summary>Absolute paths that are writable besides the work folder. Default: none.</summary>
    public IReadOnlyList<string> Writable { get; init; } = [];

    /// <summary>Absolute paths below a covered folder (<c>/tmp</c>, the host's home) that can be read all the same. Default: none.</summary>
    public IReadOnlyList<string> Readable { get; init; } = [];

    /// <summary>
    /// How much each folder holds that is the attempt's alone (<c>/tmp</c>, the home and others), in bytes of memory. From 1 MiB. Null where nothing
    /// limits it. Default: 256 MiB.
    /// </summary>
    public long? PrivateBytes { get; init; } = 256L << 20;

    /// <summary>Whether the network is there. Default: false.</summary>
    public bool Network { get; init; }
}

/// <summary>The key <c>limits</c> of a job type. What no limit is given for has none. All default to none.</summary>
internal sealed record LimitOptions
{
    /// <summary>Bytes of memory of the whole attempt where a cgroup counts them, otherwise bytes of writable memory of each process. From 16 MiB.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Processor time of each process. From 1 s to 30 d.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Open files of each process. From 16 to 1,048,576.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Processes and threads at once. From 4 to 100,000.</summary>
    public int? Processes { get; init; }

    /// <summary>The largest file that a process may write, in bytes. From 4 KiB.</summary>
    public long? FileSizeBytes { get; init; }
}
