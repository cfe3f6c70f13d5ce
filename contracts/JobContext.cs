namespace DelphiRunner.Contracts;

/// <summary>The levels of a job's log.</summary>
public enum JobLogLevel
{
    /// <summary>Ordinary progress.</summary>
    Information,

    /// <summary>Something that a person should know, but that does not end the job.</summary>
    Warning,

    /// <summary>Something that went wrong.</summary>
    Error,
}

/// <summary>What a handler may use while it plans or concludes one job.</summary>
public abstract class JobContext
{
    /// <summary>Gets the settings of the handler's plugin.</summary>
    public abstract HandlerSettings Settings { get; }

    /// <summary>Gets the absolute path of the attempt's work folder. It exists, only this attempt uses it, and it is removed afterwards.</summary>
    public abstract string WorkFolder { get; }

    /// <summary>Gets the narrow view of the queue that handlers may use.</summary>
    public abstract IJobQueue Queue { get; }

    /// <summary>Gets the clock that the host uses.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Writes a line to the job's log. Never blocks; masked like the output of the command.</summary>
    /// <param name="level">The level of the line.</param>
    /// <param name="message">The line; line breaks in it are written as spaces.</param>
    public abstract void Log(JobLogLevel level, string message);
}
