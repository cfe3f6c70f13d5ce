using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using DelphiRunner.Engine.Security;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>
/// Counts what a host refused, for whoever reads its figures, and tells an operator without tools: the first of each kind at once, and all when
/// the host ends. Each is in the log of its job, too.
/// </summary>
/// <param name="jobTypes">The job types that are told apart. All others count as one, since their names come from rows.</param>
/// <param name="logger">The host's own log.</param>
internal sealed partial class RefusalCounts(IReadOnlySet<string> jobTypes, ILogger<RefusalCounts> logger)
{
    /// <summary>The name of the project's meter.</summary>
    public const string MeterName = "DelphiRunner";

    /// <summary>The name of the counter, which has the tags <c>kind</c> and <c>job_type</c>.</summary>
    public const string CounterName = "delphi_runner.refusals";

    private const string OtherJobTypes = "other";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Counter = Meter.CreateCounter<long>(CounterName, "{refusal}", "What rows and handlers asked for and the host refused.");

    private readonly ConcurrentDictionary<(RefusalKind Kind, string JobType), long> _counts = new();

    public void Add(RefusalKind kind, string? jobType)
    {
        var known = jobType is not null && jobTypes.Contains(jobType) ? jobType : OtherJobTypes;
        var name = NameOf(kind);
        Counter.Add(1, KeyValuePair.Create<string, object?>("kind", name), KeyValuePair.Create<string, object?>("job_type", known));
        if (_counts.AddOrUpdate((kind, known), 1, (_, count) => count + 1) == 1)
        {
            LogFirst(name, known);
        }
    }

    /// <summary>Writes the totals to the host's log, if there are any.</summary>
    public void Report()
    {
        if (!_counts.IsEmpty)
        {
            LogTotals(string.Join(", ", _counts
                .OrderBy(pair => pair.Key.Kind).ThenBy(pair => pair.Key.JobType, StringComparer.Ordinal)
                .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{NameOf(pair.Key.Kind)} of {pair.Key.JobType} {pair.Value}"))));
        }
    }

    private static string NameOf(RefusalKind kind) => kind switch
    {
        RefusalKind.JobType => "job_type",
        RefusalKind.Program => "program",
        RefusalKind.ProgramHash => "program_hash",
        RefusalKind.WorkingFolder => "working_folder",
        RefusalKind.Arguments => "arguments",
        RefusalKind.TimeLimit => "time_limit",
        RefusalKind.EnvironmentName => "environment_name",
        RefusalKind.EnvironmentValue => "environment_value",
        RefusalKind.Secret => "secret",
        RefusalKind.Job => "job",
        RefusalKind.Attribute => "attribute",
        RefusalKind.ResultFile => "result_file",
        RefusalKind.Confinement => "confinement",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no name for it."),
    };

    [LoggerMessage(EventName = "RefusalBegan", Level = LogLevel.Warning, Message = "The host refused something of a job of type {JobType} for the first time since its start: {Kind}. The job's log says what and why; further ones are counted")]
    private partial void LogFirst(string kind, string jobType);

    [LoggerMessage(EventName = "RefusalsCounted", Level = LogLevel.Warning, Message = "Refused since the start: {Refusals}")]
    private partial void LogTotals(string refusals);
}
