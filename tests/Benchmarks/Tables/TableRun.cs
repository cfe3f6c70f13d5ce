using DelphiRunner.TestServers.DynamoDb;

namespace DelphiRunner.Benchmarks.Tables;

/// <summary>What one drain of a table by hosts came to.</summary>
/// <param name="Elapsed">From the first claim to the last write, as the rows tell.</param>
/// <param name="Counts">What went through the proxy; nothing where the hosts reached the server without one.</param>
internal sealed record TableRun(int Jobs, int Hosts, TimeSpan Elapsed, RequestCounts Counts)
{
    public double PerSecond => Jobs / Elapsed.TotalSeconds;

    public double RequestsPerJob => (double)Counts.Total / Jobs;

    public double WriteUnitsPerJob => Counts.WriteUnits / Jobs;

    public double ReadUnitsPerJob => Counts.ReadUnits / Jobs;

    // Each host begins with a write that no row can meet, to see whether it may write. Nothing else writes, so otherwise only a claim's condition fails.
    public double FailedClaimsPerJob => (double)(Counts.FailedConditions - Hosts) / Jobs;
}
