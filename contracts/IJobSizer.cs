namespace DelphiRunner.Contracts;

/// <summary>The sizes of a job that hosts can be configured to tell apart.</summary>
/// <remarks>
/// A closed list and no text: a size means something only where a rule of the host knows it, and a job of a size that no rule knows,
/// or of a misspelt one, would wait for ever. A host takes a value that is newer than itself as <see cref="Normal"/>.
/// </remarks>
public enum JobSize
{
    /// <summary>A job for any machine, and every job of which nobody says otherwise.</summary>
    Normal = 0,

    /// <summary>A job that only a large machine should run.</summary>
    Large = 1,
}

/// <summary>Tells how large a job is, before any host has claimed it. Implemented by a handler beside <see cref="IJobHandler"/>, if at all.</summary>
/// <remarks>
/// Only hosts that are configured to take jobs by their size (<c>instance</c> in <c>runner.yaml</c>) ask. They ask for candidates that
/// another host may claim at any time, each again after a few minutes, up to four at once: the member must be thread-safe, and must
/// change nothing.
/// </remarks>
public interface IJobSizer
{
    /// <summary>Tells the size of a job that waits in the queue.</summary>
    /// <param name="job">
    /// The job as it was listed: its ids, type, times and configuration, none of them validated. Further attributes may be missing until a claim.
    /// </param>
    /// <param name="answerToken">Cancelled when the time for the answer (10 seconds) is over, or the host stops.</param>
    /// <returns>The size. The host holds on to it for five minutes.</returns>
    /// <exception cref="Exception">
    /// The size could not be found out. The job counts as <see cref="JobSize.Normal"/> for a minute, and the message is logged, each
    /// text once an hour: it should name what failed, not the job. No answer in time counts the same, and the handler is then not asked
    /// for a minute.
    /// </exception>
    Task<JobSize> SizeAsync(Job job, CancellationToken answerToken);
}
