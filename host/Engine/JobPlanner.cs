using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Security.Masking;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine;

/// <summary>Finds out what would be run for a row, and under which policy, without running or storing anything. What it says is masked as a run's words are.</summary>
internal sealed class JobPlanner(PluginCatalog plugins, JobCommands commands, IJobStore store, TimeProvider time)
{
    /// <exception cref="InvalidJobException">The row cannot be run.</exception>
    /// <exception cref="CommandDeniedException">The policy denies the command.</exception>
    /// <exception cref="ConfinementException">The command would not be confined as the operator demands.</exception>
    public async Task<PlannedJob> PlanAsync(JobRow row, CancellationToken cancellationToken)
    {
        var handler = plugins.TryResolve(row.JobType)
            ?? throw new InvalidJobException(row.JobType is null ? "The row has no job_type." : $"Unknown job_type '{row.JobType}'.");
        var masker = commands.MaskerFor(row.JobType);
        // The attempt that a claim would begin; a handler may tell a first attempt from a later one.
        var job = row.ToJob() with { Attempt = row.Attempt + 1 };
        var work = Path.Combine(Path.GetTempPath(), $"delphi-runner-plan-{Guid.NewGuid():N}");
        var context = new PlanningContext(handler.Settings, work, new ReadOnlyQueue(new HandlerQueue(store, "delphi-runner", time)), masker, time);
        var refusals = new List<Refusal>();
        try
        {
            Directory.CreateDirectory(work);
            var plan = await handler.Instance.PlanAsync(job, context, cancellationToken);
            return new PlannedJob
            {
                Handler = handler,
                Outcome = plan.Outcome is { } outcome ? AttemptEnd.Masked(outcome, masker) : null,
                Command = plan.Command is { } command ? commands.Approve(command, handler, row, new AttemptPlace(work, Path.Combine(work, "secrets")), $"{job.Attempt}:plan", refusals) : null,
                Refusals = refusals,
                Confinement = plan.Command is null ? null : commands.ConfinementOf(row.JobType),
                Notes = context.Notes,
            };
        }
        catch (CommandDeniedException denied)
        {
            throw new CommandDeniedException(denied.Kind, masker.Mask(denied.Subject), masker.Mask(denied.Message))
            {
                FurtherRefusals = [.. refusals.Select(refusal => refusal.Text).OfType<string>().Select(masker.Mask)],
            };
        }
        catch (InvalidJobException invalid)
        {
            throw new InvalidJobException(masker.Mask(invalid.Message));
        }
        catch (Exception exception) when (MaskedException.Of(exception, masker) is MaskedException masked)
        {
            throw masked;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private sealed class PlanningContext(HandlerSettings settings, string work, ReadOnlyQueue queue, SecretMasker masker, TimeProvider time) : JobContext
    {
        public List<string> Notes { get; } = [];

        public override HandlerSettings Settings => settings;

        public override string WorkFolder => work;

        public override IJobQueue Queue => queue;

        public override TimeProvider Time => time;

        public override void Log(JobLogLevel level, string message) => Notes.Add(masker.Mask(message));
    }

    private sealed class ReadOnlyQueue(HandlerQueue queue) : IJobQueue
    {
        public Task<Job?> GetAsync(string jobId, CancellationToken jobToken) => queue.GetAsync(jobId, jobToken);

        public Task<IReadOnlyList<Job>> FindChildrenAsync(Job parent, string attribute, CancellationToken jobToken) =>
            queue.FindChildrenAsync(parent, attribute, jobToken);

        // Says that it was created, so that the plan goes on as it would; nothing is stored.
        public Task<bool> CreateIfAbsentAsync(NewJob job, CancellationToken jobToken) => Task.FromResult(true);
    }
}

/// <summary>What would be run for a row.</summary>
internal sealed record PlannedJob
{
    public required JobHandler Handler { get; init; }

    /// <summary>The outcome that would be recorded without running anything, or null.</summary>
    public JobOutcome? Outcome { get; init; }

    /// <summary>The command that would run, or null.</summary>
    public ApprovedCommand? Command { get; init; }

    /// <summary>What the policy refused of the command.</summary>
    public required IReadOnlyList<Refusal> Refusals { get; init; }

    /// <summary>How the command would be confined, or null.</summary>
    public Confinement? Confinement { get; init; }

    /// <summary>What the handler wrote to the job's log while it planned.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
