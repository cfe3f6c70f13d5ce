using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>Leaves out job types whose commands would run less confined than the operator demands, and says once how all others are.</summary>
internal sealed partial class ConfinedJobTypes(
    ConfinementPolicy policy, IReadOnlyDictionary<string, JobTypeOptions> jobTypes, RefusalCounts counts, ILogger<ConfinedJobTypes> logger)
{
    /// <exception cref="ConfinementException">No job type is left; all reasons are named.</exception>
    public ServedJobs Narrow(ServedJobs served, ContainmentLadder ladder)
    {
        LogContainment(ladder.Describe());
        var refused = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var jobType in served.JobTypes.Order(StringComparer.Ordinal))
        {
            try
            {
                Report(jobType, policy.Decide((jobTypes.GetValueOrDefault(jobType) ?? new JobTypeOptions()).Confinement));
            }
            catch (ConfinementException exception)
            {
                refused.Add(jobType, exception.Message);
                LogRefused(jobType, exception.Message);
                counts.Add(RefusalKind.Confinement, jobType);
            }
        }

        if (refused.Count > 0 && refused.Count == served.JobTypes.Count)
        {
            throw new ConfinementException(
                $"No job type can be run as confined as the configuration demands:{Environment.NewLine}  " +
                string.Join($"{Environment.NewLine}  ", refused.Select(pair => $"{pair.Key}: {pair.Value}")));
        }

        return served with
        {
            JobTypes = served.JobTypes.Except(refused.Keys).ToHashSet(),
            // They are not unknown: another host may serve them.
            KnownJobTypes = served.KnownJobTypes.Union(refused.Keys).ToHashSet(),
        };
    }

    private void Report(string jobType, Confinement confinement)
    {
        LogConfined(jobType, confinement.Describe());
        if (confinement.Weaker is { } weaker)
        {
            LogWeaker(jobType, weaker);
        }

        foreach (var limit in confinement.LimitReports)
        {
            if (limit.EnforcedBy is null)
            {
                LogLimitUnavailable(jobType, limit.ToString());
            }
            else
            {
                LogLimitEnforced(jobType, limit.ToString());
            }
        }
    }

    [LoggerMessage(EventName = "ContainmentProbed", Level = LogLevel.Information, Message = "Containment of commands on this machine: {Containment}")]
    private partial void LogContainment(string containment);

    [LoggerMessage(EventName = "JobTypeConfined", Level = LogLevel.Debug, Message = "Commands of job type {JobType} run in: {Containment}")]
    private partial void LogConfined(string jobType, string containment);

    [LoggerMessage(EventName = "ContainmentWeaker", Level = LogLevel.Warning, Message = "Commands of job type {JobType} run less confined than they could be, {Reason}. What leaves its session may go on after its job")]
    private partial void LogWeaker(string jobType, string reason);

    [LoggerMessage(EventName = "JobTypeRefused", Level = LogLevel.Error, Message = "Jobs of type {JobType} are not claimed. {Reason}")]
    private partial void LogRefused(string jobType, string reason);

    [LoggerMessage(EventName = "LimitEnforced", Level = LogLevel.Information, Message = "Job type {JobType}: {Limit}")]
    private partial void LogLimitEnforced(string jobType, string limit);

    [LoggerMessage(EventName = "LimitUnavailable", Level = LogLevel.Warning, Message = "Job type {JobType}: {Limit}")]
    private partial void LogLimitUnavailable(string jobType, string limit);
}
