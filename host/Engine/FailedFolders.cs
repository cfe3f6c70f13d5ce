using System.Globalization;
using DelphiRunner.Engine.Execution;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>The work folders of failed attempts, kept in <c>state/failed</c> for whoever looks for the cause. The oldest go first, by age, number, or want of room.</summary>
/// <param name="state">The absolute path of the state folder.</param>
/// <param name="keep">How long one is kept; null keeps none, and removes what an earlier setting kept.</param>
/// <param name="minFreeDisk">Below how many free bytes kept folders go before jobs are left unclaimed for it.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The host's own log.</param>
internal sealed partial class FailedFolders(string state, TimeSpan? keep, long minFreeDisk, TimeProvider time, ILogger<FailedFolders> logger) : IDisposable
{
    /// <summary>How many are kept at most.</summary>
    public const int Most = 100;

    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMinutes(1);

    private readonly string _folder = Path.Combine(state, "failed");
    private readonly Lock _gate = new();
    private ITimer? _timer;

    /// <summary>How many bytes are free on the disk. Default: what the system says. No test can fill the machine's.</summary>
    public Func<long> FreeDisk { get; init; } = () => new DriveInfo(state).AvailableFreeSpace;

    /// <summary>Removes what is due, now and once a minute.</summary>
    public void Start() => _timer ??= time.CreateTimer(_ => Sweep(), null, TimeSpan.Zero, BetweenSweeps);

    /// <summary>Moves an attempt's work folder here, if any are kept.</summary>
    /// <param name="work">The folder. Nothing of the attempt is left that could write to it.</param>
    /// <returns>A sentence for the job's log; null when it stays where it is.</returns>
    public string? Keep(string work)
    {
        if (keep is not { } period)
        {
            return null;
        }

        var now = time.GetUtcNow();
        // The time is in the name, since a command may set that of its folder.
        var kept = Path.Combine(_folder, $"{now.ToString(TimeFormat, CultureInfo.InvariantCulture)}-{Path.GetFileName(work)}");
        try
        {
            if (!HasContents(work))
            {
                return null;
            }

            lock (_gate)
            {
                WorkFolders.MakePrivate(_folder);
                Directory.Move(work, kept);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"The work folder could not be kept: {exception.Message}";
        }

        Sweep();
        return string.Create(CultureInfo.InvariantCulture, $"The work folder is kept until {now + period:yyyy-MM-dd HH:mm} UTC at the latest: {kept}");
    }

    /// <summary>Removes what is older than it may be, too many, or in the way of new jobs.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            if (!Directory.Exists(_folder))
            {
                return;
            }

            try
            {
                RemoveDue();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogNotRemoved(exception, _folder);
            }
        }
    }

    public void Dispose() => _timer?.Dispose();

    private static bool HasContents(string work)
    {
        // A link was put there by the command, and leads to what is not its work folder.
        if (new DirectoryInfo(work) is not { Exists: true, LinkTarget: null })
        {
            return false;
        }

        // The command may have taken the right to look into it from everybody, its owner among them.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(work, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return Directory.EnumerateFileSystemEntries(work).Any();
    }

    private void RemoveDue()
    {
        var oldest = time.GetUtcNow() - (keep ?? TimeSpan.Zero);
        var folders = new Queue<(string Path, DateTimeOffset Since)>(Directory.EnumerateDirectories(_folder)
            .Select(path => (path, TimeOf(path)))
            .Where(folder => folder.Item2 is not null)
            .Select(folder => (folder.path, folder.Item2!.Value)) // Those without were left out.
            .OrderBy(folder => folder.Value));
        Exception? failure = null;
        while (folders.TryPeek(out var next) && next.Since <= oldest)
        {
            TryRemove(folders.Dequeue().Path);
        }

        while (folders.Count > Most || (folders.Count > 0 && FreeDisk() < minFreeDisk))
        {
            var (path, _) = folders.Dequeue();
            if (TryRemove(path))
            {
                LogRemovedEarly(path, folders.Count >= Most ? "there are more than " + Most.ToString(CultureInfo.InvariantCulture) : "the disk is short of room");
            }
        }

        if (failure is not null)
        {
            LogNotRemoved(failure, _folder);
        }

        // What cannot be removed keeps nothing else.
        bool TryRemove(string folder)
        {
            try
            {
                FolderRemoval.Remove(folder);
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                failure ??= exception;
                return false;
            }
        }
    }

    // What has no such name was not put there by a host.
    private static DateTimeOffset? TimeOf(string path) =>
        DateTimeOffset.TryParseExact(
            Path.GetFileName(path).Split('-')[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null;

    [LoggerMessage(EventName = "FailedFolderRemovedEarly", Level = LogLevel.Warning, Message = "The kept work folder '{Folder}' was removed before its time: {Reason}")]
    private partial void LogRemovedEarly(string folder, string reason);

    [LoggerMessage(EventName = "FailedFolderNotRemoved", Level = LogLevel.Error, Message = "Kept work folders in '{Folder}' could not be removed. It is tried again; remove by hand what the host may not")]
    private partial void LogNotRemoved(Exception exception, string folder);
}
