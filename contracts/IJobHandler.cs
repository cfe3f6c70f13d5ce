namespace DelphiRunner.Contracts;

/// <summary>Turns jobs of one or more types into commands, and the ends of those commands into outcomes.</summary>
/// <remarks>
/// A handler is constructed once for each plugin load, with its public parameterless constructor, and is called for several jobs at
/// once: its members must be thread-safe. A handler starts no processes and opens no queue of its own; the host runs what it plans.
/// An exception other than <see cref="InvalidJobException"/> ends the job as failed, with the exception's message.
/// </remarks>
public interface IJobHandler
{
    /// <summary>Takes and checks the settings that <c>runner.yaml</c> gives the plugin; called once, before any job.</summary>
    /// <param name="settings">The plugin's section of <c>plugins.settings</c>; an empty object when there is none.</param>
    /// <param name="stoppingToken">Cancelled when the host stops or the time for starting a plugin (10 seconds) is over.</param>
    /// <exception cref="InvalidSettingsException">The settings are not valid; the host quarantines the plugin and shows the message.</exception>
    Task ConfigureAsync(HandlerSettings settings, CancellationToken stoppingToken) => Task.CompletedTask;

    /// <summary>Decides what to run for a job that this host has just claimed.</summary>
    /// <param name="job">The claimed job, with its attempt already counted.</param>
    /// <param name="context">What the handler may use for this job.</param>
    /// <param name="jobToken">Cancelled when the job should end: cancelled by an operator, its claim lost, or the host stopping.</param>
    /// <returns>A command to run, or an outcome when there is nothing to run.</returns>
    /// <exception cref="InvalidJobException">The row's parameters cannot be run; the job ends failed with this message.</exception>
    Task<JobPlan> PlanAsync(Job job, JobContext context, CancellationToken jobToken);

    /// <summary>Decides how a job ends after its command ended by itself or by its time limit.</summary>
    /// <param name="job">The job as it was claimed.</param>
    /// <param name="result">How the command ended.</param>
    /// <param name="context">What the handler may use for this job.</param>
    /// <param name="jobToken">As in <see cref="PlanAsync"/>.</param>
    /// <returns>The outcome to record. By default: exit code 0 is completed, everything else failed.</returns>
    Task<JobOutcome> ConcludeAsync(Job job, ProcessResult result, JobContext context, CancellationToken jobToken) =>
        Task.FromResult(result.Succeeded ? JobOutcome.Completed() : JobOutcome.Failed(result.Describe()));
}
