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

    // What nearly every line fits into, with what stands before it.
    private const int LineLength = 256;

    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<char> _line = new(LineLength);
    private readonly string _prefix = $"[DELPHI JOB {OneLine(jobId.AsSpan(0, Math.Min(8, jobId.Length)))}] ";
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
    public void Add(string level, string message) => Add(level, origin: "", message);

    /// <summary>Adds a line of the command's output, with the level that its text shows.</summary>
    public void AddOutput(ReadOnlySpan<char> text, bool fromStandardError) =>
        Add(marks.LevelOf(text), fromStandardError ? "[stderr] " : "[stdout] ", text);

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

    private static ReadOnlySpan<char> OneLine(ReadOnlySpan<char> text)
    {
        // The first look is far faster, and enough for nearly every line.
        if (!text.ContainsAnyExceptInRange(' ', '~') || !text.ContainsAny(Unprintable))
        {
            return text;
        }

        var line = text.ToString().Replace("\r\n", " ", StringComparison.Ordinal).ToCharArray();
        line.AsSpan().ReplaceAny(Unprintable, ' ');
        return line;
    }

    private void Add(string level, string origin, ReadOnlySpan<char> text)
    {
        var isOutput = origin.Length > 0;
        lock (_lock)
        {
            _line.ResetWrittenCount();
            _line.Write(_prefix);
            _line.Write(level);
            _line.Write(": ");
            var start = _line.WrittenCount;
            _line.Write(origin);
            _line.Write(OneLine(text));
            var message = _line.WrittenSpan[start..];
            var keptFor = marks.KeptFor(message);
            // Not a command's errors too: a flood of them would take the room that is left for the ends of other jobs.
            writeLine(_line.WrittenSpan, isWanted: keptFor is not null || !isOutput);
            excerpt.Add(time.GetUtcNow(), level, message, keptFor);
            _changed = true;
            _hasNews |= isOutput || level != Information;
        }
    }
}
