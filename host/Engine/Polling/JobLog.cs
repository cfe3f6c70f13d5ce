using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Polling;

/// <summary>The log of one attempt: every line goes to standard output, a bounded excerpt to the row. Thread-safe; no member blocks.</summary>
/// <param name="jobId">The job's id, of which standard output shows the first eight characters.</param>
/// <param name="excerpt">The excerpt to continue.</param>
/// <param name="keepLines">Texts that mark a line as one that readers look for.</param>
/// <param name="writeLine">Takes a line for standard output; must not block.</param>
/// <param name="time">The clock.</param>
internal sealed class JobLog(string jobId, LogExcerpt excerpt, IReadOnlyList<string> keepLines, Action<string> writeLine, TimeProvider time)
{
    public const string Information = "INFO";
    public const string Warning = "WARNING";
    public const string Error = "ERROR";

    private readonly Lock _lock = new();
    private readonly string _prefix = $"[DELPHI JOB {(jobId.Length > 8 ? jobId[..8] : jobId)}] ";
    private bool _changed;
    private bool _hasNews;

    /// <summary>Whether output came since the excerpt was last taken, or a line beyond the usual: what a reader waits for.</summary>
    public bool HasNews
    {
        get
        {
            lock (_lock)
            {
                return _hasNews;
            }
        }
    }

    /// <summary>Adds a line. Line breaks in it become spaces, so that it cannot forge another line.</summary>
    public void Add(string level, string message) => Add(level, message, isNews: level != Information);

    /// <summary>Adds a line of the command's output, with the level that its text shows.</summary>
    public void AddOutput(string text, bool fromStandardError)
    {
        var level = text.Contains("ERROR", StringComparison.Ordinal) ? Error : text.Contains("WARNING", StringComparison.Ordinal) ? Warning : Information;
        Add(level, fromStandardError ? $"[stderr] {text}" : $"[stdout] {text}", isNews: true);
    }

    /// <summary>Gives the excerpt if lines came since it was last taken.</summary>
    public string? TakeChanged(int maxBytes)
    {
        lock (_lock)
        {
            if (!_changed)
            {
                return null;
            }

            _changed = false;
            _hasNews = false;
            return excerpt.ToJson(maxBytes);
        }
    }

    /// <summary>Says that what was taken could not be stored, so that it is due again.</summary>
    public void PutBack()
    {
        lock (_lock)
        {
            _changed = true;
            _hasNews = true;
        }
    }

    /// <summary>Gives the excerpt for a last write.</summary>
    public string Take(int maxBytes)
    {
        lock (_lock)
        {
            return excerpt.ToJson(maxBytes);
        }
    }

    private void Add(string level, string message, bool isNews)
    {
        var line = message.ReplaceLineEndings(" ").Replace('\r', ' ');
        writeLine($"{_prefix}{level}: {line}");
        var keep = level == Error || keepLines.Any(text => line.Contains(text, StringComparison.Ordinal));
        lock (_lock)
        {
            excerpt.Add(time.GetUtcNow(), level, line, keep);
            _changed = true;
            _hasNews |= isNews;
        }
    }
}
