using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Rows;

namespace DelphiRunner.Plugins.Delphi.Results;

/// <summary>
/// The results of a job, for readers that know their keys since May 2025. The command's own results stand beside them and never replace one.
/// </summary>
internal sealed class JobResults
{
    private const int SummaryLines = 10;
    private const int MaxSummaryLine = 400;

    private readonly List<KeyValuePair<string, Action<Utf8JsonWriter>>> _own = [];

    public JobResults(JobIdentity identity) => Set("report_id", identity.ReportOrConversationId);

    public static JobResults Of(ProcessResult result, JobIdentity identity) => new JobResults(identity)
        .Set("return_code", result.ExitCode)
        .Set("output_summary", Summarize(result.LastLines))
        .Set("execution_finished_at", Format(result.StartedAt + result.Elapsed));

    public JobResults Set(string key, string? value)
    {
        if (value is not null)
        {
            _own.Add(new(key, writer => writer.WriteStringValue(value)));
        }

        return this;
    }

    public JobResults Set(string key, long value)
    {
        _own.Add(new(key, writer => writer.WriteNumberValue(value)));
        return this;
    }

    public JobResults Set(string key, bool value)
    {
        _own.Add(new(key, writer => writer.WriteBooleanValue(value)));
        return this;
    }

    /// <summary>Sets a map of one entry.</summary>
    public JobResults SetEntry(string key, string entry, string value)
    {
        _own.Add(new(key, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString(entry, value);
            writer.WriteEndObject();
        }));
        return this;
    }

    public string ToJson(ResultFile? file = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (key, write) in _own)
            {
                writer.WritePropertyName(key);
                write(writer);
            }

            foreach (var (key, value) in file?.Results ?? new Dictionary<string, JsonElement>())
            {
                if (!_own.Exists(own => own.Key == key))
                {
                    writer.WritePropertyName(key);
                    value.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Summarize(IReadOnlyList<string> lines) => lines.Count == 0
        ? "No output"
        : string.Join('\n', lines.TakeLast(SummaryLines).Select(line => line.Length <= MaxSummaryLine ? line : $"{line.AsSpan(0, MaxSummaryLine)}…"));

    private static string Format(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);
}
