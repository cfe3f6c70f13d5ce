namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>What is added to a row that somebody else ended; null leaves an attribute as it is.</summary>
internal sealed class ForeignEnd
{
    public ForeignEnd(JobFinish finish)
    {
        (Results, Logs, Attempts, HandledBy, At) = (finish.Results, finish.Logs, finish.Attempts, finish.HandledBy, finish.CompletedAt);
        (ExitProof, ProcessExitConfirmed) = (finish.ExitProof, finish.ProcessExitConfirmed);
    }

    public ForeignEnd(JobRelease release) =>
        (Logs, Attempts, HandledBy, At) = (release.Logs, release.Attempts, release.HandledBy, release.UpdatedAt);

    public string? Results { get; }

    public string Logs { get; }

    public string Attempts { get; }

    public string? HandledBy { get; }

    public string? ExitProof { get; }

    public bool? ProcessExitConfirmed { get; }

    public DateTimeOffset At { get; }
}
