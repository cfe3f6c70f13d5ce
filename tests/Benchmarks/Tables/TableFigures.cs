using System.Text.Json.Nodes;

namespace DelphiRunner.Benchmarks.Tables;

/// <summary>The figures of several drains of the same kind.</summary>
internal sealed class TableFigures
{
    private readonly Figure _perSecond = new();
    private readonly Figure _requests = new();
    private readonly Figure _writeUnits = new();
    private readonly Figure _readUnits = new();
    private readonly Figure _failedClaims = new();

    public void Add(TableRun run)
    {
        _perSecond.Add(run.PerSecond);
        _requests.Add(run.RequestsPerJob);
        _writeUnits.Add(run.WriteUnitsPerJob);
        _readUnits.Add(run.ReadUnitsPerJob);
        _failedClaims.Add(run.FailedClaimsPerJob);
    }

    public JsonObject ToJson() => new()
    {
        ["per_s"] = _perSecond.ToJson(),
        ["requests_per_job"] = _requests.ToJson(),
        ["write_units_per_job"] = _writeUnits.ToJson(),
        ["read_units_per_job"] = _readUnits.ToJson(),
        ["failed_claims_per_job"] = _failedClaims.ToJson(),
    };
}
