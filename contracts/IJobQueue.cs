namespace DelphiRunner.Contracts;

/// <summary>The part of the queue that a handler may use to verify a job and to follow it up.</summary>
public interface IJobQueue
{
    /// <summary>Reads a job as it is stored now (never from an index that lags).</summary>
    /// <param name="jobId">The job's id.</param>
    /// <param name="jobToken">Ends the call early.</param>
    /// <returns>The job, or null when there is none of that id.</returns>
    /// <exception cref="JobQueueException">The queue could not be read; the host hands the job back and tries again later.</exception>
    Task<Job?> GetAsync(string jobId, CancellationToken jobToken);

    /// <summary>Finds the jobs that point to a job by one of their attributes, for instance <c>batch_job_id</c>.</summary>
    /// <param name="parent">The job that is pointed to; only jobs of its conversation are looked at.</param>
    /// <param name="attribute">The name of the attribute that holds the parent's id.</param>
    /// <param name="jobToken">Ends the call early.</param>
    /// <returns>The jobs, oldest first; empty when there is none.</returns>
    /// <exception cref="JobQueueException">The queue could not be read.</exception>
    Task<IReadOnlyList<Job>> FindChildrenAsync(Job parent, string attribute, CancellationToken jobToken);

    /// <summary>Creates a job unless one of that id exists.</summary>
    /// <param name="job">The new job. It is stored as pending.</param>
    /// <param name="jobToken">Ends the call early.</param>
    /// <returns>True when the job was created, false when the id was taken; then nothing has changed.</returns>
    /// <exception cref="JobQueueException">The queue could not be written; the job may or may not have been created.</exception>
    Task<bool> CreateIfAbsentAsync(NewJob job, CancellationToken jobToken);
}

/// <summary>A job to be created.</summary>
public sealed record NewJob
{
    /// <summary>Gets the job's id; not empty, at most 1,024 bytes of UTF-8.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the job type; not empty.</summary>
    public required string Type { get; init; }

    /// <summary>Gets the conversation's id, or null for none.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Gets the report's id, or null for none.</summary>
    public string? ReportId { get; init; }

    /// <summary>Gets the job's configuration as the text of a JSON object, or null to store none.</summary>
    public string? ConfigJson { get; init; }

    /// <summary>Gets the priority, higher first, from 0 to 100. Default: 50.</summary>
    public int Priority { get; init; } = 50;

    /// <summary>Gets the time before which the job is not claimed, in UTC, or null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Gets further attributes of the row. Default: none. Attributes that the host owns are refused.</summary>
    public IReadOnlyDictionary<string, JobAttribute> Attributes { get; init; } = new Dictionary<string, JobAttribute>();
}

/// <summary>Thrown when the queue cannot be read or written. It says nothing about the job.</summary>
/// <param name="message">What could not be done, and with which store.</param>
/// <param name="innerException">The cause, if any.</param>
public sealed class JobQueueException(string message, Exception? innerException = null) : Exception(message, innerException);
