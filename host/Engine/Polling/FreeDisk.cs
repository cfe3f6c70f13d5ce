namespace DelphiRunner.Engine.Polling;

/// <summary>Whether the disk of the state folder has room for one more job: its spool, its work folder and, with an embedded store, its row.</summary>
/// <param name="folder">The state folder.</param>
/// <param name="least">The bytes that have to be free.</param>
/// <param name="time">The clock.</param>
internal sealed class FreeDisk(string folder, long least, TimeProvider time)
{
    // A busy poller asks at every turn, thousands of times a second.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private long? _lookedAt;
    private string? _shortage;

    /// <summary>A sentence when there is too little; null when there is enough. At most a second old.</summary>
    public string? Shortage()
    {
        if (_lookedAt is not { } last || time.GetElapsedTime(last) >= LookEvery)
        {
            _lookedAt = time.GetTimestamp();
            _shortage = Look();
        }

        return _shortage;
    }

    private string? Look()
    {
        try
        {
            var free = new DriveInfo(folder).AvailableFreeSpace;
            return free >= least
                ? null
                : $"Only {Mebibytes(free)} MiB are free on the disk of '{folder}', and {Mebibytes(least)} MiB have to be before a job is claimed ('claims.min_free_disk'). Make room; the host goes on by itself then.";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"The disk of '{folder}' cannot be looked at: {exception.Message} No job is claimed as long as that is so.";
        }
    }

    private static long Mebibytes(long bytes) => bytes >> 20;
}
