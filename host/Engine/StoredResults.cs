using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine;

/// <summary>The JSON texts that the last write of an attempt stores.</summary>
internal static class StoredResults
{
    public const string Success = "SUCCESS";
    public const string Failure = "FAILURE";
    public const string Cancelled = "CANCELLED";

    /// <summary>The end of an attempt whose claim was lost, which stands in no row.</summary>
    public const string LostClaim = "lost claim";

    private const int MaxAttempts = 20;
    private const int MaxResultsBytes = 128 * 1024;

    // What the history of a job with one attempt takes.
    private const int BufferBytes = 1024;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Says why a handler's results cannot be stored beside its error; null when they can.</summary>
    public static string? FaultOf(string? error, string handlerResults)
    {
        try
        {
            Results(error is null ? Success : Failure, default, error, handlerResults);
            return null;
        }
        catch (InvalidJobException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Makes <c>job_results</c>: the host's keys first, then the handler's, of which none can replace one of the host's.</summary>
    /// <exception cref="InvalidJobException">The handler's results are no JSON object.</exception>
    public static string Results(string resultType, DateTimeOffset completedAt, string? error, string? handlerResults)
    {
        var results = new JsonObject { ["result_type"] = resultType, ["completed_at"] = RowTime.Format(completedAt) };
        if (error is not null)
        {
            results["error"] = error;
        }

        if (handlerResults is not null)
        {
            if (Encoding.UTF8.GetByteCount(handlerResults) > MaxResultsBytes)
            {
                results["results_dropped"] = $"The handler's results were larger than {MaxResultsBytes} bytes.";
            }
            else
            {
                Merge(results, handlerResults);
            }
        }

        try
        {
            return results.ToJsonString(Relaxed);
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidJobException("The handler's results hold half a surrogate pair, which no text can have.", exception);
        }
    }

    /// <summary>Makes <c>attempts</c>: the entries that the row has, and one for this attempt; the oldest go when there are more than 20.</summary>
    public static string Attempts(string? stored, AttemptRecord record)
    {
        var earlier = Parse(stored);
        var buffer = new ArrayBufferWriter<byte>(BufferBytes);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartArray();
            foreach (var attempt in earlier.Skip(earlier.Count + 1 - MaxAttempts))
            {
                Write(writer, attempt);
            }

            Write(writer, record);
            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? attempt)
    {
        if (attempt is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            attempt.WriteTo(writer);
        }
    }

    private static void Write(Utf8JsonWriter writer, AttemptRecord record)
    {
        writer.WriteStartObject();
        writer.WriteNumber("attempt", record.Attempt);
        writer.WriteString("host", record.Host);
        writer.WriteString("worker_id", record.WorkerId);
        writer.WriteString("started_at", RowTime.Format(record.StartedAt));
        writer.WriteString("ended_at", RowTime.Format(record.EndedAt));
        writer.WriteString("end", record.End);
        if (record.Run is { } run)
        {
            writer.WriteNumber("exit_code", run.Result.ExitCode);
            writer.WriteNumber("elapsed_ms", (long)run.Result.Elapsed.TotalMilliseconds);
            writer.WriteNumber("output_lines", run.Result.OutputLines);
            writer.WriteNumber("output_bytes", run.Result.OutputBytes);
            WriteUsage(writer, run.Result);
            writer.WriteString("ended_by", run.Fault is null ? EndedBy(run.Result, record.End) : "a fault of the host");
            writer.WriteString("containment", run.Containment);
            writer.WriteString("exit_proof", run.ExitProof);
        }
        else
        {
            writer.WriteString("ended_by", "nothing was started");
        }

        writer.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter writer, ProcessResult result)
    {
        if (result.CpuTime is { } cpu)
        {
            writer.WriteNumber("cpu_ms", (long)cpu.TotalMilliseconds);
        }

        if (result.PeakMemoryBytes is { } memory)
        {
            writer.WriteNumber("peak_memory_bytes", memory);
        }

        if (result.IsUsageSampled)
        {
            writer.WriteBoolean("usage_sampled", true);
        }
    }

    // What ran out of memory is not what ended a command that ended well or was ended by the host: it may have been one of its helpers.
    // A code above 128 does not tell whether the process exited with it or a signal ended it.
    private static string EndedBy(ProcessResult result, string end) => result switch
    {
        { RanOutOfMemory: true, End: ProcessEnd.Exited, ExitCode: not 0 } => "out of memory",
        { End: ProcessEnd.TimeLimit } => "time limit",
        { End: ProcessEnd.Stopped } => end is "cancelled" or LostClaim ? end : "stopped with the host",
        { ExitCode: > 128 } => "exit or signal",
        _ => "exit",
    };

    private static void Merge(JsonObject results, string handlerResults)
    {
        try
        {
            if (JsonNode.Parse(handlerResults) is not JsonObject extra)
            {
                throw new InvalidJobException("The handler's results are JSON, but no object.");
            }

            foreach (var (name, value) in extra.ToList())
            {
                if (!results.ContainsKey(name))
                {
                    results[name] = value?.DeepClone();
                }
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidJobException($"The handler's results are no JSON: {exception.Message}", exception);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidJobException($"The handler's results have a key twice: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidJobException("The handler's results have a key with half a surrogate pair, which no text can have.", exception);
        }
    }

    private static JsonArray Parse(string? stored)
    {
        try
        {
            return stored is not null && JsonNode.Parse(JsonText.ReplaceHalfPairs(stored)) is JsonArray array ? array : [];
        }
        catch (JsonException)
        {
            // The history is only for people; a broken one is started anew.
            return [];
        }
    }
}

/// <summary>One attempt, as its history entry tells it.</summary>
internal sealed record AttemptRecord
{
    public required int Attempt { get; init; }

    public required string Host { get; init; }

    public required string WorkerId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>For instance <c>completed</c>, <c>failed</c>, <c>recheck</c>, <c>cancelled</c>, <c>stopped with the host</c>.</summary>
    public required string End { get; init; }

    public ProcessRun? Run { get; init; }
}
