using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Upkeep;

namespace DelphiRunner.Runner.Cli.Stores;

/// <summary><c>store check</c>: what the configured store has and allows, what each lack costs, and which rows are odd. Changes nothing.</summary>
internal static class StoreCheckCommand
{
    public static Command Define(CommandBorder border)
    {
        var command = new Command("check", "Find out what the configured store lacks or refuses, what that costs, and which rows are odd. Changes nothing.");
        border.Handle(command, (invocation, _, cancellationToken) => CheckAsync(invocation, cancellationToken));
        return command;
    }

    public static async Task<int> CheckAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var output = invocation.Output;
        await using var store = StoreFactory.UpkeepOf(invocation.Configuration);
        var checks = await store.CheckAsync(cancellationToken);
        var isMet = CheckView.AreMet(checks);
        var sweep = CanBeSwept(checks) ? await AnomalySweep.LookAsync(store, cancellationToken) : null;
        if (output.IsJson)
        {
            output.Json(new JsonObject
            {
                ["store"] = store.Name,
                ["ok"] = isMet,
                ["checks"] = CheckView.Json(checks),
                ["rows"] = sweep is null ? null : Rows(sweep),
                ["anomalies"] = sweep is null ? null : Anomalies(sweep),
            });
            return isMet ? ExitCodes.Ok : ExitCodes.Failed;
        }

        output.Line(Printable.Line($"{store.Name}: {(isMet ? "all that is needed is there." : "something that is needed is lacking.")}"));
        CheckView.Print(output, checks);
        Print(output, sweep);
        return isMet ? ExitCodes.Ok : ExitCodes.Failed;
    }

    // A file that is no queue, or a table that may not be scanned, has no rows to count; that they are unknown is said.
    private static bool CanBeSwept(IReadOnlyList<StoreCheck> checks) =>
        checks.All(check => check.State == StoreCheckState.Ok || check.Name is not ("table" or "file" or "schema" or "integrity" or "permission Scan"));

    private static void Print(CommandOutput output, AnomalySweep? sweep)
    {
        if (sweep is null)
        {
            output.Line("The rows were not looked at.");
            return;
        }

        output.Line(Printable.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{sweep.Rows} rows{(sweep.Rows == 0 ? "" : ": ")}{string.Join(", ", sweep.Statuses.Select(status => $"{status.Value} {(status.Key.Length == 0 ? "without status" : status.Key)}"))}.")));
        foreach (var anomaly in sweep.Found)
        {
            output.Line(Printable.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{anomaly.Kind}: {anomaly.Count} ({string.Join(", ", anomaly.JobIds)}{(anomaly.Count > anomaly.JobIds.Count ? ", …" : "")}). {anomaly.Advice}")));
        }
    }

    private static JsonObject Rows(AnomalySweep sweep) => new()
    {
        ["count"] = sweep.Rows,
        ["by_status"] = new JsonObject(sweep.Statuses.Select(status => KeyValuePair.Create(status.Key, (JsonNode?)status.Value))),
    };

    private static JsonArray Anomalies(AnomalySweep sweep) => new(
    [
        .. sweep.Found.Select(anomaly => new JsonObject
        {
            ["kind"] = anomaly.Kind,
            ["count"] = anomaly.Count,
            ["job_ids"] = new JsonArray([.. anomaly.JobIds.Select(id => JsonValue.Create(id))]),
            ["advice"] = anomaly.Advice,
        }),
    ]);
}
