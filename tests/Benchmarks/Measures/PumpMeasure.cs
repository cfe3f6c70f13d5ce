using System.Text.Json.Nodes;
using DelphiRunner.Benchmarks.Peers;
using DelphiRunner.Benchmarks.Pumping;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>How fast the output of a real child goes through the host's pump and its spool, beside <c>cat</c> through a pipe to a file.</summary>
internal sealed class PumpMeasure(BenchmarkArguments arguments)
{
    private const long FileBytes = 32_000_000;
    private const int Times = 10;

    // In megabytes a second; the pump of a host has to keep up with what a child writes.
    private const int Target = 100;

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        using var pumped = await PumpedRun.CreateAsync();
        var json = new JsonObject { ["measure"] = "pump", ["megabytes"] = FileBytes * Times / 1_000_000, ["target_mb_per_s"] = Target };
        foreach (var shape in OutputShape.All)
        {
            json[shape.Name] = await MeasureAsync(pumped, shape, stoppingToken);
        }

        return json;
    }

    private async Task<JsonObject> MeasureAsync(PumpedRun pumped, OutputShape shape, CancellationToken stoppingToken)
    {
        using var folder = HostFolder.Create(arguments.Folder);
        var file = Path.Combine(folder.FullPath, "output.txt");
        var bytes = shape.Write(file, FileBytes) * Times;
        var files = Enumerable.Repeat(file, Times).ToList();
        var pump = new Throughput(bytes);
        var withLog = new Throughput(bytes);
        var cat = new Throughput(bytes);
        var ratio = new Figure();
        var leftOut = new Figure();
        await pumped.RunAsync(folder, ["/bin/cat", .. files], shape, bytes, withLog: true);
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            stoppingToken.ThrowIfCancellationRequested();
            pump.Add((await pumped.RunAsync(folder, ["/bin/cat", .. files], shape, bytes, withLog: false)).Spent);
            cat.Add(await CatLoop.RunAsync(files, Path.Combine(folder.FullPath, "copy.txt"), stoppingToken));
            ratio.Add(pump.Last / cat.Last);
            var logged = await pumped.RunAsync(folder, ["/bin/cat", .. files], shape, bytes, withLog: true);
            withLog.Add(logged.Spent);
            leftOut.Add(100 * logged.LeftOut);
            await Progress.TellAsync(
                $"{shape.Name}: pump {pump.Last:0} MB/s, with a job's log {withLog.Last:0} MB/s ({leftOut.Last:0.#} % of its lines left out), cat {cat.Last:0} MB/s");
        }

        return new JsonObject
        {
            ["pump_mb_per_s"] = pump.ToJson(),
            ["pump_with_job_log_mb_per_s"] = withLog.ToJson(),
            ["job_log_left_out_percent"] = leftOut.ToJson(),
            ["cat_mb_per_s"] = cat.ToJson(withProcessor: false),
            ["ratio"] = ratio.ToJson(),
        };
    }
}
