using System.Globalization;

namespace DelphiRunner.Contracts;

/// <summary>What ended a process.</summary>
public enum ProcessEnd
{
    /// <summary>It exited by itself.</summary>
    Exited,

    /// <summary>It was ended because its time limit was over.</summary>
    TimeLimit,

    /// <summary>It was ended because the job should end: cancelled, its claim lost, or the host stopping.</summary>
    Stopped,
}

/// <summary>How a job's command ended.</summary>
public sealed record ProcessResult
{
    /// <summary>Gets what ended the process.</summary>
    public required ProcessEnd End { get; init; }

    /// <summary>Gets the exit code. Codes above 128 stand for an exit or for a signal (128 + its number) alike.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Gets when the process was started, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets how long the process ran.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets the time limit that was in force.</summary>
    public required TimeSpan TimeLimit { get; init; }

    /// <summary>Gets the last lines of standard output and standard error in the order of their arrival, masked; at most <c>execution.last_lines</c> (default 1,000).</summary>
    public required IReadOnlyList<string> LastLines { get; init; }

    /// <summary>Gets how many lines the process wrote.</summary>
    public long OutputLines { get; init; }

    /// <summary>Gets how many bytes the process wrote.</summary>
    public long OutputBytes { get; init; }

    /// <summary>Gets the processor time of the process and all that it started, or null when it ended before it could be measured.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Gets the most memory in bytes that the process and all that it started used at once, or null when it ended before it could be measured.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Gets whether <see cref="CpuTime"/> or <see cref="PeakMemoryBytes"/> was looked at about once a second and not counted, so that the true figure may be higher.</summary>
    public bool IsUsageSampled { get; init; }

    /// <summary>Gets whether the system killed something of it for want of memory. False also where that cannot be known.</summary>
    public bool RanOutOfMemory { get; init; }

    /// <summary>Gets the JSON object that the process wrote to the file named by <c>DELPHI_RESULT_FILE</c>, or null when it wrote none.</summary>
    /// <remarks>The host has checked that the text is a JSON object of at most 256 KiB; otherwise this is null and the job's log says why.
    /// Secrets in it are masked, as they are in the output.</remarks>
    public string? ResultFileJson { get; init; }

    /// <summary>Gets whether the process exited by itself with code 0.</summary>
    public bool Succeeded => End == ProcessEnd.Exited && ExitCode == 0;

    /// <summary>Describes the end in one sentence for a person.</summary>
    /// <returns>For instance <c>Process exited with code 2.</c></returns>
    public string Describe() => End switch
    {
        ProcessEnd.TimeLimit => string.Create(CultureInfo.InvariantCulture, $"Process timed out after {TimeLimit.TotalSeconds:0.###} seconds."),
        ProcessEnd.Stopped => "Process was stopped.",
        _ => string.Create(CultureInfo.InvariantCulture, $"Process exited with code {ExitCode}."),
    };
}
