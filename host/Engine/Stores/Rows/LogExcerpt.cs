using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The bounded excerpt of a job's log that the row carries, in the format that its readers expect.</summary>
/// <remarks>
/// Kept are the first lines (creation, claim, command), the last lines, and in between the last errors and warnings and the lines that readers
/// look for; how many were left out is said in a line of its own. When it is too large, errors and warnings go last, and what readers look for
/// never. Not thread-safe.
/// </remarks>
internal sealed class LogExcerpt
{
    /// <summary>
    /// The longest message in characters; 2 KB is what DELPHI readers are promised. Of a longer one the beginning stays, or what stands around
    /// the text that readers look for.
    /// </summary>
    public const int MaxMessageLength = 2000;

    // What is left of a longer one; the rest says that it was cut.
    private const int CutMessageLength = MaxMessageLength - 28;

    private const int FirstLines = 8;
    private const int LinesKeptForOneText = 4;
    private const int Errors = 12;
    private const int Warnings = 6;
    private const int LastLines = 30;

    // The JSON around a message, and a line in front of it that says how many were left out.
    private const int EntryBytes = 96;
    private const int GapBytes = 128;

    // What the log of a job with a few lines takes.
    private const int BufferBytes = 1024;

    // Marks an entry as one that readers look for, also for whoever shortens the excerpt or continues it later.
    private const string KeptForKey = "kept_for";

    // Not escaping beyond what JSON needs keeps a non-Latin log three times smaller.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<Entry> _first = [];
    private readonly List<Entry> _kept = [];
    private readonly Queue<Entry> _errors = new();
    private readonly Queue<Entry> _warnings = new();
    private readonly Queue<Entry> _last = new();
    private readonly List<KeyValuePair<string, JsonElement>> _otherKeys = [];
    private long _count;

    private LogExcerpt()
    {
    }

    /// <summary>Starts from what the row carries; a text that cannot be read is replaced, which is said in the first line.</summary>
    public static LogExcerpt Read(RowValue? stored, DateTimeOffset now)
    {
        var excerpt = new LogExcerpt();
        if (stored is { Kind: RowValueKind.S or RowValueKind.M, Text.Length: > 0 } value)
        {
            try
            {
                using var document = JsonDocument.Parse(JsonText.ReplaceHalfPairs(value.Kind == RowValueKind.M ? RowJson.ToPlainJson(value) : value.Text));
                excerpt.Take(document.RootElement);
            }
            catch (JsonException)
            {
                excerpt.Add(now, "WARNING", "The log that this row carried was not valid JSON and was replaced.");
            }
        }

        return excerpt;
    }

    /// <summary>Adds a line.</summary>
    /// <param name="time">When it came.</param>
    /// <param name="level">Its level; an error or a warning stays longer than others.</param>
    /// <param name="message">Its text.</param>
    /// <param name="keptFor">The text for which readers look in it, of which the last few lines always stay; null for an ordinary line.</param>
    public void Add(DateTimeOffset time, string level, ReadOnlySpan<char> message, string? keptFor = null) =>
        PlaceFor(new EntryHead(time, TimeText: null, level, keptFor, _count++)).Write(message);

    /// <summary>Writes the excerpt, at most so many bytes of UTF-8 as long as only lines that readers do not look for have to go for it.</summary>
    public string ToJson(int maxBytes)
    {
        // A short log, as most are, is whole and in order.
        var lines = _count <= FirstLines ? _first : [.. _first.Concat(_kept).Concat(_errors).Concat(_warnings).Concat(_last).OrderBy(entry => entry.Number)];
        var size = lines.Sum(Size);
        if (size > maxBytes)
        {
            lines = Shortened(lines, size, maxBytes);
        }

        var buffer = new ArrayBufferWriter<byte>(BufferBytes);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            Write(writer, lines);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static List<Entry> Shortened(IReadOnlyList<Entry> whole, long size, int maxBytes)
    {
        var lines = whole.ToList();
        foreach (var entry in whole.Skip(1).Where(entry => entry.KeptFor is null).OrderBy(entry => entry.Head.Rank).ThenBy(AgeOf).ToList())
        {
            if (size <= maxBytes)
            {
                break;
            }

            lines.Remove(entry);
            size -= Size(entry);
        }

        return lines;
    }

    // The oldest goes first; but the first lines, which say what was begun, go behind all others, the last of them first.
    private static long AgeOf(Entry entry) => entry.Number < FirstLines ? long.MaxValue - entry.Number : entry.Number;

    private static long Size(Entry entry) =>
        EntryBytes + (entry.Head.Rank > 0 || entry.KeptFor is not null ? GapBytes : 0) + (entry.KeptFor?.Length * 2 ?? 0)
        + System.Text.Encoding.UTF8.GetByteCount(entry.Message) + entry.Message.Count('"') + entry.Message.Count('\\');

    private static string? TextOf(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private void Take(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == "entries" && property.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (var entry in property.Value.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object))
                {
                    var head = new EntryHead(Time: null, TextOf(entry, "timestamp"), TextOf(entry, "level") ?? "INFO", TextOf(entry, KeptForKey), _count++);
                    PlaceFor(head).Write(TextOf(entry, "message"));
                }
            }
            else if (property.Name != "entries")
            {
                _otherKeys.Add(new(property.Name, property.Value.Clone()));
            }
        }
    }

    /// <summary>Gives an entry its place, which may be that of an older one.</summary>
    /// <returns>The entry, whose message is still to be written.</returns>
    private Entry PlaceFor(EntryHead head)
    {
        if (_first.Count < FirstLines)
        {
            var entry = new Entry(head);
            _first.Add(entry);
            return entry;
        }

        return head.KeptFor is not null ? Keep(new Entry(head)) : head.Rank switch
        {
            2 => Push(_errors, head, Errors),
            1 => Push(_warnings, head, Warnings),
            _ => Push(_last, head, LastLines),
        };
    }

    // Of each text for itself, so that lines of one do not displace those of another.
    private Entry Keep(Entry entry)
    {
        _kept.Add(entry);
        if (_kept.Count(kept => kept.KeptFor == entry.KeptFor) > LinesKeptForOneText)
        {
            _kept.RemoveAt(_kept.FindIndex(kept => kept.KeptFor == entry.KeptFor));
        }

        return entry;
    }

    // The entry that gives way becomes the new one: a flood would make millions of them.
    private static Entry Push(Queue<Entry> queue, EntryHead head, int limit)
    {
        var entry = queue.Count < limit ? new Entry(head) : queue.Dequeue();
        entry.Head = head;
        queue.Enqueue(entry);
        return entry;
    }

    private void Write(Utf8JsonWriter writer, List<Entry> lines)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("entries");
        long expected = 0;
        foreach (var line in lines)
        {
            if (line.Number > expected)
            {
                WriteEntry(writer, line.Timestamp, "INFO", $"[{line.Number - expected} lines left out]", keptFor: null);
            }

            WriteEntry(writer, line.Timestamp, line.Head.Level, line.Message, line.KeptFor);
            expected = line.Number + 1;
        }

        if (expected < _count)
        {
            WriteEntry(writer, lines.Count > 0 ? lines[^1].Timestamp : null, "INFO", $"[{_count - expected} lines left out]", keptFor: null);
        }

        writer.WriteEndArray();
        foreach (var (name, value) in _otherKeys)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter writer, string? timestamp, string level, ReadOnlySpan<char> message, string? keptFor)
    {
        writer.WriteStartObject();
        if (timestamp is not null)
        {
            writer.WriteString("timestamp", timestamp);
        }

        writer.WriteString("level", level);
        writer.WriteString("message", message);
        if (keptFor is not null)
        {
            writer.WriteString(KeptForKey, keptFor);
        }

        writer.WriteEndObject();
    }

    // The beginning, but for a text that readers look for: what stands around it, half of it in front, since what follows belongs to it.
    private static string Cut(ReadOnlySpan<char> message, string? keptFor)
    {
        var mark = keptFor is null ? 0 : message.LastIndexOf(keptFor, StringComparison.Ordinal);
        var start = Math.Clamp(mark - (CutMessageLength / 2), 0, message.Length - CutMessageLength);
        var end = start + CutMessageLength;
        return $"{(start > 0 ? "…" : "")}{message[start..end]}{(end < message.Length ? "…" : "")} [{message.Length} characters]";
    }

    /// <summary>What is known of a line beside its text.</summary>
    private readonly record struct EntryHead(DateTimeOffset? Time, string? TimeText, string Level, string? KeptFor, long Number)
    {
        public int Rank => Level switch
        {
            "ERROR" or "CRITICAL" => 2,
            "WARNING" => 1,
            _ => 0,
        };
    }

    private sealed class Entry(EntryHead head)
    {
        private char[] _message = [];
        private int _length;

        public EntryHead Head { get; set; } = head;

        public string? KeptFor => Head.KeptFor;

        public long Number => Head.Number;

        // Written as text only when it is asked for: most lines are left out before.
        public string? Timestamp => Head.Time is { } time ? RowTime.Format(time) : Head.TimeText;

        public ReadOnlySpan<char> Message => _message.AsSpan(0, _length);

        /// <summary>Takes the message, or as much of it as is kept.</summary>
        public void Write(ReadOnlySpan<char> message)
        {
            if (message.Length > MaxMessageLength)
            {
                message = Cut(message, KeptFor);
            }

            if (_message.Length < message.Length)
            {
                _message = new char[message.Length];
            }

            message.CopyTo(_message);
            _length = message.Length;
        }
    }
}
