using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution.Output;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Cli.Jobs;

/// <summary><c>jobs logs</c>: the excerpt that the row carries, or with <c>--spool</c> the full output that this host keeps.</summary>
internal static class JobsLogsCommand
{
    public static Command Define(CommandBorder border)
    {
        var id = new Argument<string>("ID") { Description = "The job's id." };
        var spool = new Option<bool>("--spool") { Description = "Print the full output that this host's state folder keeps of each attempt." };
        var command = new Command("logs", "Print the log of a job.") { id, spool };
        border.Handle(command, (invocation, parsed, cancellationToken) => parsed.GetValue(spool)
            ? PrintSpoolsAsync(invocation, parsed.GetRequiredValue(id), cancellationToken)
            : PrintExcerptAsync(invocation, parsed.GetRequiredValue(id), cancellationToken));
        return command;
    }

    public static async Task<int> PrintExcerptAsync(Invocation invocation, string jobId, CancellationToken cancellationToken)
    {
        await using var store = await invocation.OpenStoreAsync(cancellationToken);
        var row = await store.GetAsync(jobId, cancellationToken) ?? throw CommandFailure.NoSuchJob(jobId, store.Name);
        var entries = StoredLog.Read(row);
        if (invocation.Output.IsJson)
        {
            invocation.Output.Json(new JsonObject
            {
                ["job_id"] = jobId,
                ["entries"] = new JsonArray([.. entries.Select(entry => new JsonObject
                {
                    ["timestamp"] = entry.Timestamp,
                    ["level"] = entry.Level,
                    ["message"] = entry.Message,
                })]),
            });
            return ExitCodes.Ok;
        }

        foreach (var entry in entries)
        {
            invocation.Output.Line(Printable.Line($"{entry.Timestamp} {entry.Level}: {entry.Message}"));
        }

        return ExitCodes.Ok;
    }

    public static async Task<int> PrintSpoolsAsync(Invocation invocation, string jobId, CancellationToken cancellationToken)
    {
        var state = invocation.Configuration.State;
        var files = AttemptFolder.SpoolsOf(state, jobId);
        if (files.Count == 0)
            throw new CommandFailure(
                ExitCodes.NotFound, $"State folder '{state}' keeps no output of job '{jobId}': it has not run on this host. The row's excerpt is shown without --spool.");

        if (invocation.Output.IsJson)
        {
            var spools = new JsonArray();
            foreach (var file in files)
            {
                using var reader = new StreamReader(SpoolParts.OpenRead(file));
                spools.Add((JsonNode)new JsonObject { ["file"] = file, ["text"] = await reader.ReadToEndAsync(cancellationToken) });
            }

            invocation.Output.Json(new JsonObject { ["job_id"] = jobId, ["spools"] = spools });
            return ExitCodes.Ok;
        }

        foreach (var file in files)
        {
            invocation.Output.Note($"== {file}");
            using var reader = new StreamReader(SpoolParts.OpenRead(file));
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                invocation.Output.Line(Printable.Line(line));
            }
        }

        return ExitCodes.Ok;
    }
}

/// <summary>One entry of the log that a row carries; texts that are missing are empty.</summary>
internal sealed record StoredLogEntry(string Timestamp, string Level, string Message);

/// <summary>Reads the log that a row carries, in the forms that its writers use: JSON in a text, or a map.</summary>
internal static class StoredLog
{
    /// <exception cref="CommandFailure">The log cannot be read.</exception>
    public static IReadOnlyList<StoredLogEntry> Read(JobRow row)
    {
        if (row.Raw(JobAttributes.Logs) is not { Kind: not RowValueKind.NULL, Text.Length: > 0 } stored)
            return [];

        try
        {
            using var log = JsonDocument.Parse(JsonText.ReplaceHalfPairs(stored.Kind == RowValueKind.S ? stored.Text : RowJson.ToPlainJson(stored)));
            if (log.RootElement.ValueKind == JsonValueKind.Object
                && (!log.RootElement.TryGetProperty("entries", out var entries) || entries.ValueKind == JsonValueKind.Array))
                return entries.ValueKind == JsonValueKind.Array ? [.. entries.EnumerateArray().Select(ReadEntry)] : [];
        }
        catch (JsonException)
        {
            // Said below, as for JSON of another form.
        }

        throw new CommandFailure(ExitCodes.BadData, $"The log of job '{row.Id}' is not in the form {{\"entries\": […]}}. Look at it with 'delphi-runner jobs show'.");
    }

    private static StoredLogEntry ReadEntry(JsonElement entry) => entry.ValueKind == JsonValueKind.Object
        ? new StoredLogEntry(TextOf(entry, "timestamp"), TextOf(entry, "level"), TextOf(entry, "message"))
        : new StoredLogEntry("", "", entry.ToString());

    private static string TextOf(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.ToString() : "";
}
