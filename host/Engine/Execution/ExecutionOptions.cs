using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Execution;

/// <summary>The section <c>execution</c>.</summary>
internal sealed record ExecutionOptions
{
    /// <summary>The time limit of job types that have none of their own. From 1 s to 30 d. Default: 4 h, the longest that an existing writer asks for.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How many of the last lines of output a handler gets. From 10 to 100,000. Default: 1,000.</summary>
    public int LastLines { get; init; } = 1000;

    /// <summary>Texts that mark a line which readers look for: it stays in the row's excerpt. Default: the closing line of the Delphi pipeline.</summary>
    public IReadOnlyList<string> KeepLines { get; init; } = ["Results stored in DynamoDB"];

    /// <summary>The patterns that give lines of output their level.</summary>
    public LevelOptions Levels { get; init; } = new();

    /// <summary>The longest line in bytes; the rest of a longer one is dropped and counted. From 256 B to 1 MiB. Default: 8 KiB.</summary>
    public int MaxLineBytes { get; init; } = 8 * 1024;

    /// <summary>How many bytes of an attempt's output, of its beginning and its end, the spool keeps. From 64 KiB. Default: 64 MiB.</summary>
    public long MaxSpoolBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Whether commands run in PID namespaces. Default: auto.</summary>
    public SandboxMode Sandbox { get; init; } = SandboxMode.Auto;

    /// <summary>How much lower than the host's the priority of commands is. From 0 to 19. Default: 5, so that the host can renew its claims under any load.</summary>
    public int Nice { get; init; } = 5;
}

/// <summary>
/// The key <c>levels</c>: regular expressions without backtracking. A line is as important as the first list that it matches says, in the order
/// in which they stand here; one that matches none is <c>INFO</c>.
/// </summary>
internal sealed record LevelOptions
{
    /// <summary>Lines that are harmless whatever else they hold. Default: the closing line of the Delphi pipeline.</summary>
    public IReadOnlyList<string> Information { get; init; } = ["Results stored in DynamoDB"];

    /// <summary>Default: the levels of Python's logging, and how an exception that nobody caught is printed.</summary>
    public IReadOnlyList<string> Error { get; init; } =
        [@"\b(ERROR|CRITICAL|FATAL)\b", @"^Traceback \(most recent call last\)", @"^[\w.]*(Error|Exception)(:|$)"];

    /// <summary>Default: the level of Python's logging, and how its <c>warnings</c> are printed.</summary>
    public IReadOnlyList<string> Warning { get; init; } = [@"\bWARN(ING)?\b", @"\w*Warning: "];
}

/// <summary>The signals that can ask a command to end.</summary>
internal enum StopSignal
{
    Term,
    Int,
    Hup,
    Quit,
}

/// <summary>The key <c>stop</c> of a job type.</summary>
internal sealed record StopOptions
{
    /// <summary>Default: TERM.</summary>
    public StopSignal Signal { get; init; } = StopSignal.Term;

    /// <summary>The time between the signal and the kill. From 0 to 1 h. Default: 30 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);
}
