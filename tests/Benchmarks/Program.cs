using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Benchmarks;
using DelphiRunner.Benchmarks.Measures;
using DelphiRunner.Engine.Execution.Containment;

if (args is [LatencySubmitter.Mode, var database])
    return await LatencySubmitter.RunAsync(database, Console.In, Console.Out);

if (!BenchmarkArguments.TryParse(args, out var arguments, out var problem))
{
    await Console.Error.WriteLineAsync(problem);
    return ExitCodes.WrongUsage;
}

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stopping.Cancel();
};

var results = new JsonArray { Machine.Describe(arguments.Folder) };
var exitCode = ExitCodes.Succeeded;
try
{
    foreach (var measure in arguments.Measures)
    {
        await Console.Error.WriteLineAsync($"{measure}:");
        results.Add(await MeasureAsync(measure));
    }
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    exitCode = ExitCodes.Failed;
}
catch (MeasureException exception)
{
    // What was measured before is printed all the same.
    await Console.Error.WriteLineAsync(exception.Message);
    exitCode = ExitCodes.Failed;
}

Console.WriteLine(results.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
return exitCode;

Task<JsonObject> MeasureAsync(string measure) => measure switch
{
    "drain" => new DrainMeasure(arguments).RunAsync(stopping.Token),
    "true" => new TrueMeasure(arguments, SandboxMode.Auto).RunAsync(stopping.Token),
    "true-session" => new TrueMeasure(arguments, SandboxMode.Off).RunAsync(stopping.Token),
    "containment" => new ContainmentMeasure(arguments).RunAsync(stopping.Token),
    "latency" => new LatencyMeasure(arguments).RunAsync(stopping.Token),
    "start" => new StartMeasure(arguments).RunAsync(stopping.Token),
    "idle" => new IdleMeasure(arguments).RunAsync(stopping.Token),
    "pump" => new PumpMeasure(arguments).RunAsync(stopping.Token),
    "dynamodb" => new DynamoDbMeasure(arguments).RunAsync(stopping.Token),
    _ => throw new MeasureException($"There is no measure '{measure}'."),
};
