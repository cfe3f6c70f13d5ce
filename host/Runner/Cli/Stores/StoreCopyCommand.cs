using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Upkeep;
using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Cli.Stores;

/// <summary><c>store copy</c>: copies every row of one store into another, goes on where an earlier copy ended, and never overwrites.</summary>
internal static class StoreCopyCommand
{
    // Of each kind of rows that were not copied: on the screen, and in JSON.
    private const int MostLines = 20;
    private const int MostInJson = 1000;

    public static Command Define(CommandBorder border)
    {
        var from = new Option<string>("--from") { HelpName = "STORE", Description = $"The store to read: {StoreName.Forms}.", Required = true };
        var to = new Option<string>("--to") { HelpName = "STORE", Description = "The store to write to, named alike.", Required = true };
        var running = new Option<bool>("--include-running")
        {
            Description = "Copy rows that are being processed, too. Right only when no host works on the source any more: their jobs are run again.",
        };
        var command = new Command("copy", "Copy every row of one store into another. What is there is never changed; run it again to go on.") { from, to, running };
        border.Handle(command, (invocation, parsed, cancellationToken) => CopyAsync(
            invocation,
            new Ends(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), border.Options.Sources(parsed)),
            parsed.GetValue(running),
            cancellationToken));
        return command;
    }

    private static async Task<int> CopyAsync(Invocation invocation, Ends ends, bool includeRunning, CancellationToken cancellationToken)
    {
        using var stopping = new StopSignals(cancellationToken);
        await using var source = StoreFactory.UpkeepOf(ends.Source);
        await using var target = StoreFactory.UpkeepOf(ends.Target);
        var copy = new StoreCopy(source, target);
        CopyResult result;
        try
        {
            await RequireTableAsync(source, stopping.Token);
            await RequireTableAsync(target, stopping.Token);
            RequireNoneRunning(source, await copy.FindRunningAsync(stopping.Token), includeRunning);
            var progress = new CopyProgress(invocation.Output, invocation.Time);
            result = await progress.ShowAsync(() => RunAsync(copy, includeRunning, progress, stopping.Token));
        }
        catch (OperationCanceledException) when (stopping.Token.IsCancellationRequested)
        {
            throw new CommandFailure(ExitCodes.Failed, "Interrupted before anything was copied.");
        }

        if (invocation.Output.IsJson)
            invocation.Output.Json(Json(source, target, result));
        else
            Print(invocation.Output, source, target, result);
        return result.IsWhole ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task<CopyResult> RunAsync(StoreCopy copy, bool includeRunning, CopyProgress progress, CancellationToken cancellationToken)
    {
        try
        {
            return await copy.RunAsync(includeRunning, progress, cancellationToken);
        }
        catch (StoreException failure)
        {
            throw new StoreException($"{failure.Message} What was copied until now stays; run the same command again to go on.", failure);
        }
    }

    /// <summary>Finds out at once, and not after minutes of trying, that an end cannot be reached or has no table.</summary>
    private static async Task RequireTableAsync(IStoreUpkeep store, CancellationToken cancellationToken)
    {
        var checks = await store.CheckAsync(cancellationToken);
        if (checks.FirstOrDefault(check => check.Name == "table" && check.State != StoreCheckState.Ok) is { } table)
        {
            throw new StoreException(table.Detail);
        }
    }

    private static void RequireNoneRunning(IStoreUpkeep source, IReadOnlyList<string> running, bool includeRunning)
    {
        if (running.Count > 0 && !includeRunning)
        {
            throw new CommandFailure(
                ExitCodes.BadData,
                $"{source.Name} has {running.Count} row(s) that are being processed, so that their jobs would run twice; nothing was copied. Stop the hosts and pollers "
                + "that work on it and let their jobs end. If none works on it any more, and these are left from one that died, add --include-running.")
            {
                Problems = [.. running.Take(MostLines).Select(id => $"'{id}' is PROCESSING."), .. More(running.Count)],
            };
        }
    }

    private static void Print(CommandOutput output, IStoreUpkeep source, IStoreUpkeep target, CopyResult result)
    {
        Print(output, "Conflict", result.Conflicts);
        Print(output, "Refused", result.Refused);
        Print(output, "Out of date", result.Changed);
        var counts = result.Counts;
        output.Line(Printable.Line($"From {source.Name} to {target.Name}:"));
        output.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{counts.Read} read, {counts.Written} written, {counts.Skipped} skipped (there already), {result.Conflicts.Count} conflicts, {result.Refused.Count} refused, {result.Changed.Count} out of date"));
        if (!result.IsComplete)
            output.Line("Interrupted. Run the same command again to go on.");
        else if (result.Conflicts.Count > 0)
            output.Line("Rows in conflict are as they were. Look at both with 'jobs show', delete the one that is wrong, and run the same command again.");
    }

    private static void Print(CommandOutput output, string what, IReadOnlyList<LeftRow> rows)
    {
        foreach (var line in rows.Take(MostLines).Select(row => $"{what}: '{row.JobId}': {row.Reason}").Concat(More(rows.Count)))
        {
            output.Line(Printable.Line(line));
        }
    }

    private static IEnumerable<string> More(int count) => count > MostLines ? [string.Create(CultureInfo.InvariantCulture, $"… and {count - MostLines} more")] : [];

    private static JsonObject Json(IStoreUpkeep source, IStoreUpkeep target, CopyResult result) => new()
    {
        ["from"] = source.Name,
        ["to"] = target.Name,
        ["complete"] = result.IsComplete,
        ["read"] = result.Counts.Read,
        ["written"] = result.Counts.Written,
        ["skipped"] = result.Counts.Skipped,
        ["conflicts"] = Rows(result.Conflicts),
        ["refused"] = Rows(result.Refused),
        ["out_of_date"] = Rows(result.Changed),
    };

    private static JsonObject Rows(IReadOnlyList<LeftRow> rows) => new()
    {
        ["count"] = rows.Count,
        ["rows"] = new JsonArray([.. rows.Take(MostInJson).Select(row => new JsonObject { ["job_id"] = row.JobId, ["reason"] = row.Reason })]),
    };

    /// <summary>The two stores of a copy.</summary>
    private sealed class Ends
    {
        /// <exception cref="CommandFailure">A name is none, or both are one store.</exception>
        public Ends(string from, string to, ConfigurationSources sources)
        {
            Source = StoreName.Read("--from", from, sources);
            Target = StoreName.Read("--to", to, sources);
            if (StoreName.AreSame(Source, Target))
            {
                throw new CommandFailure(ExitCodes.Usage, $"--from and --to are one store: '{from}' and '{to}'. Name two.");
            }
        }

        public StoreOptions Source { get; }

        public StoreOptions Target { get; }
    }
}
