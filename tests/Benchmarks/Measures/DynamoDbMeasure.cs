using System.Text.Json.Nodes;
using DelphiRunner.Benchmarks.Tables;
using DelphiRunner.TestServers;

namespace DelphiRunner.Benchmarks.Measures;

/// <summary>What a queue on DynamoDB costs: its rate, and requests, capacity and failed claims for each job, as a proxy below the SDK counts them.</summary>
internal sealed class DynamoDbMeasure(BenchmarkArguments arguments)
{
    private const int Slots = 16;
    private const int Hosts = 4;
    private const int SlotsOfEachHost = 8;

    private static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(50);
    private static readonly (int Lines, double? TargetRequests)[] Logs = [(0, 2.3), (20, 3.5), (200, null)];

    private readonly int _jobs = arguments.Jobs ?? 2000;

    public async Task<JsonObject> RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            return new JsonObject
            {
                ["measure"] = "dynamodb",
                ["jobs"] = _jobs,
                ["rate"] = await RateAsync(stoppingToken),
                ["several_hosts"] = await SeveralHostsAsync(stoppingToken),
                ["logs"] = await LogsAsync(stoppingToken),
            };
        }
        catch (MissingServerException missing)
        {
            throw new MeasureException(missing.Message);
        }
    }

    /// <summary>One host: without anything between, through the proxy, and with an index that lags.</summary>
    private async Task<JsonObject> RateAsync(CancellationToken stoppingToken)
    {
        var drain = Drain(Jobs.Empty);
        var direct = new Figure();
        var lagging = new Figure();
        var ratio = new Figure();
        var counted = new TableFigures();
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            direct.Add((await (drain with { IsCounted = false }).RunAsync(stoppingToken)).PerSecond);
            var without = await drain.RunAsync(stoppingToken);
            counted.Add(without);
            lagging.Add((await (drain with { IndexLag = Lag }).RunAsync(stoppingToken)).PerSecond);
            ratio.Add(lagging.Last / without.PerSecond);
            await Progress.TellAsync($"one host {direct.Last:0}/s, counted {without.PerSecond:0}/s, with {Lag.TotalMilliseconds} ms of index lag {lagging.Last:0}/s");
        }

        return new JsonObject
        {
            ["slots"] = Slots,
            ["own_program_per_s"] = direct.ToJson(),
            ["counted"] = counted.ToJson(),
            ["target_failed_claims_per_job"] = 0,
            ["index_lag_ms"] = Lag.TotalMilliseconds,
            ["with_index_lag_per_s"] = lagging.ToJson(),
            ["ratio"] = ratio.ToJson(),
            ["target_ratio"] = 0.5,
        };
    }

    private async Task<JsonObject> SeveralHostsAsync(CancellationToken stoppingToken)
    {
        var drain = Drain(Jobs.True) with { Hosts = Hosts, Slots = SlotsOfEachHost };
        var figures = new TableFigures();
        for (var i = 0; i < arguments.Repetitions; i++)
        {
            var run = await drain.RunAsync(stoppingToken);
            figures.Add(run);
            await Progress.TellAsync($"{Hosts} hosts {run.PerSecond:0}/s, {run.RequestsPerJob:0.00} requests and {run.FailedClaimsPerJob:0.000} failed claims a job");
        }

        var json = figures.ToJson();
        json.Insert(0, "hosts", Hosts);
        json.Insert(1, "slots_of_each", SlotsOfEachHost);
        json["target_failed_claims_per_job"] = 0.1;
        return json;
    }

    private async Task<JsonArray> LogsAsync(CancellationToken stoppingToken)
    {
        var results = new JsonArray();
        foreach (var (lines, target) in Logs)
        {
            var figures = new TableFigures();
            for (var i = 0; i < arguments.Repetitions; i++)
            {
                var run = await (Drain(Jobs.Lines) with { Config = $$"""{"lines":{{lines}}}""" }).RunAsync(stoppingToken);
                figures.Add(run);
                await Progress.TellAsync($"{lines} lines: {run.RequestsPerJob:0.00} requests and {run.WriteUnitsPerJob:0.0} write units a job");
            }

            var json = figures.ToJson();
            json.Insert(0, "lines", lines);
            if (target is not null)
                json["target_requests_per_job"] = target;

            results.Add(json);
        }

        return results;
    }

    private TableDrain Drain(string jobType) => new() { Folder = arguments.Folder, JobType = jobType, Jobs = _jobs, Slots = Slots };
}
