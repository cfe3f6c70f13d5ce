using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Batches;
using DelphiRunner.Plugins.Delphi.Settings;

namespace DelphiRunner.Plugins.Delphi;

/// <summary>Serves rows of May 2025, when one type stood for both: with a batch it is a check of it, without one a submission.</summary>
/// <remarks>
/// The status cannot decide, since every claimed row is being processed. A check that a stop ends fails here too: rather that than a second payment.
/// </remarks>
[HandlesJobType("NARRATIVE_BATCH", RunsAtMostOnce = true)]
[RunsProgram("python")]
[WorksInFolder(DelphiSettings.DefaultAppPath)]
public sealed class NarrativeBatchHandler : IJobHandler, IJobSizer
{
    private readonly CreateNarrativeBatchHandler _create;
    private readonly CheckNarrativeBatchHandler _check;

    /// <summary>Makes a handler that reads the host's own environment where the settings say nothing.</summary>
    public NarrativeBatchHandler()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal NarrativeBatchHandler(Func<string, string?> hostVariable) =>
        (_create, _check) = (new CreateNarrativeBatchHandler(hostVariable), new CheckNarrativeBatchHandler(hostVariable));

    /// <inheritdoc/>
    public async Task ConfigureAsync(HandlerSettings settings, CancellationToken stoppingToken)
    {
        await _create.ConfigureAsync(settings, stoppingToken);
        await _check.ConfigureAsync(settings, stoppingToken);
    }

    /// <inheritdoc/>
    public Task<JobSize> SizeAsync(Job job, CancellationToken answerToken) => _create.SizeAsync(job, answerToken);

    /// <inheritdoc/>
    public Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken) => HandlerOf(job).PlanAsync(job, context, jobToken);

    /// <inheritdoc/>
    public Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken) =>
        HandlerOf(job).ConcludeAsync(job, result, context, jobToken);

    private IJobHandler HandlerOf(Job job) => job.GetText(BatchId.Attribute) is null ? _create : _check;
}
