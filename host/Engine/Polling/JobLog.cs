using System.Buffers;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Polling;

/// <summary>The log of one attempt: every line goes to standard output, a bounded excerpt to the row. Thread-safe; no member blocks.</summary>
/// <param name="jobId">The job's id, of which standard output shows the first eight characters.</param>
/// <param name="excerpt">The excerpt to continue.</param>
/// <param name="marks">What gives lines their level, and what readers look for.</param>
/// <param name="writeLine">Takes the lines for standard output.</param>
/// <param name="time">The clock.</param>
internal sealed class JobLog(string jobId, LogExcerpt excerpt, LineMarks marks, TakeJobLine writeLine, TimeProvider time)
{
    public const string Information = "INFO";
    public const string Warning = "WARNING";
    public const string Error = "ERROR";

    // What breaks a line, moves a terminal's cursor or turns the direction of a text.
    private static readonly SearchValues<char> Unprintable = SearchValues.Create(
    [
        .. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Select(code => (char)code),
        '\u2028', '\u2029', '\u200E', '\u200F', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069',
    ]);

    private readonly Lock _lock = new();
    private readonly string _prefix = $"[DELPHI JOB {OneLine(jobId.Length > 8 ? jobId[..8] : jobId)}] ";
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

    /// <summary>Adds a line. Line breaks and control characters in it become spaces, so that it cannot forge another line.</summary>
    public void Add(string level, string message) => Add(level, message, isNews: level != Information);

    /// <summary>Adds a line of the command's output, with the level that its text shows.</summary>
    public void AddOutput(string text, bool fromStandardError) =>
        Add(marks.LevelOf(text), string.Concat(fromStandardError ? "[stderr] " : "[stdout] ", text), isNews: true);

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

    private static string OneLine(string text)
    {
        // The first look is far faster, and enough for nearly every line.
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || !text.AsSpan().ContainsAny(Unprintable))
        {
            return text;
        }

        var line = text.Replace("\r\n", " ", StringComparison.Ordinal).ToCharArray();
        line.AsSpan().ReplaceAny(Unprintable, ' ');
        return new string(line);
    }

    private void Add(string level, string message, bool isNews)
    {
        var line = OneLine(message);
        var keptFor = marks.KeptFor(line);
        writeLine(string.Concat(_prefix, level, ": ", line), isWanted: keptFor is not null || level != Information);
        lock (_lock)
        {
            excerpt.Add(time.GetUtcNow(), level, line, keptFor);
            _changed = true;
            _hasNews |= isNews;
        }
    }
}
