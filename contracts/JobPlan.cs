namespace DelphiRunner.Contracts;

/// <summary>What a handler decided for a job: a command to run, or an outcome with nothing to run.</summary>
public sealed class JobPlan
{
    private JobPlan(JobCommand? command, JobOutcome? outcome)
    {
        Command = command;
        Outcome = outcome;
    }

    /// <summary>Gets the command to run, or null when <see cref="Outcome"/> is set.</summary>
    public JobCommand? Command { get; }

    /// <summary>Gets the outcome to record without running anything, or null when <see cref="Command"/> is set.</summary>
    public JobOutcome? Outcome { get; }

    /// <summary>Plans a command.</summary>
    /// <param name="command">The command to run.</param>
    /// <returns>A plan with that command.</returns>
    public static JobPlan Run(JobCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return new JobPlan(command, null);
    }

    /// <summary>Plans an end without a command.</summary>
    /// <param name="outcome">The outcome to record.</param>
    /// <returns>A plan with that outcome.</returns>
    public static JobPlan Finish(JobOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new JobPlan(null, outcome);
    }
}
