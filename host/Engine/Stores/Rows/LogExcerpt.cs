using System.Text.Encodings.Web;
using System.Text.Json;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>The bounded excerpt of a job's log that the row carries, in the format that its readers expect.</summary>
/// <remarks>
/// Kept are the first lines (creation, claim, command), the last lines, and in between those that were marked to be kept; how many were left
/// out is said in a line of its own. Not thread-safe.
/// </remarks>
internal sealed class LogExcerpt
{
    /// <summary>The longest message in characters; 2 KB is what DELPHI readers are promised.</summary>
    public const int MaxMessageLength = 2000;

    private const int FirstLines = 8;
    private const int KeptLines = 12;
    private const int LastLines = 30;

    // Not escaping beyond what JSON needs keeps a non-Latin log three times smaller.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<Entry> _first = [];
    private readonly Queue<Entry> _kept = new();
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
                using var document = JsonDocument.Parse(value.Kind == RowValueKind.M ? RowJson.ToPlainJson(value) : value.Text);
                excerpt.Take(document.RootElement);
            }
            catch (JsonException)
            {
                excerpt.Add(now, "WARNING", "The log that this row carried was not valid JSON and was replaced.", keep: true);
            }
        }

        return excerpt;
    }

    /// <summary>Adds a line; a kept one stays when the lines around it have to go.</summary>
    public void Add(DateTimeOffset time, string level, string message, bool keep) => Add(new Entry(RowTime.Format(time), level, Cut(message), 0), keep);

    /// <summary>Writes the excerpt, at most so many bytes of UTF-8 as long as only lines that are not kept have to go for it.</summary>
    public string ToJson(int maxBytes)
    {
        var lines = _first.Concat(_kept).Concat(_last).OrderBy(entry => entry.Number).ToList();
        var size = lines.Sum(Size);
        var droppable = _last.Concat(_first.Skip(1).Reverse()).ToList();
        for (var i = 0; i < droppable.Count && size > maxBytes; i++)
        {
            lines.Remove(droppable[i]);
            size -= Size(droppable[i]);
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            Write(writer, lines);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static long Size(Entry entry) => 96 + System.Text.Encoding.UTF8.GetByteCount(entry.Message);

    private static string Cut(string message) =>
        message.Length <= MaxMessageLength ? message : $"{message[..(MaxMessageLength - 24)]}… [{message.Length} characters]";

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
                    Add(new Entry(TextOf(entry, "timestamp"), TextOf(entry, "level") ?? "INFO", Cut(TextOf(entry, "message") ?? ""), 0), keep: false);
                }
            }
            else if (property.Name != "entries")
            {
                _otherKeys.Add(new(property.Name, property.Value.Clone()));
            }
        }
    }

    private void Add(Entry entry, bool keep)
    {
        entry = entry with { Number = _count++ };
        if (_first.Count < FirstLines)
        {
            _first.Add(entry);
            return;
        }

        Push(keep ? _kept : _last, entry, keep ? KeptLines : LastLines);
    }

    private static void Push(Queue<Entry> queue, Entry entry, int limit)
    {
        queue.Enqueue(entry);
        if (queue.Count > limit)
        {
            queue.Dequeue();
        }
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
                WriteEntry(writer, line.Timestamp, "INFO", $"[{line.Number - expected} lines left out]");
            }

            WriteEntry(writer, line.Timestamp, line.Level, line.Message);
            expected = line.Number + 1;
        }

        if (expected < _count)
        {
            WriteEntry(writer, lines.Count > 0 ? lines[^1].Timestamp : null, "INFO", $"[{_count - expected} lines left out]");
        }

        writer.WriteEndArray();
        foreach (var (name, value) in _otherKeys)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter writer, string? timestamp, string level, string message)
    {
        writer.WriteStartObject();
        if (timestamp is not null)
        {
            writer.WriteString("timestamp", timestamp);
        }

        writer.WriteString("level", level);
        writer.WriteString("message", message);
        writer.WriteEndObject();
    }

    private sealed record Entry(string? Timestamp, string Level, string Message, long Number);
}
