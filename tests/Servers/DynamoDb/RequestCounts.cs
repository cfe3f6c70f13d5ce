using System.Collections.Immutable;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>What has gone through a <see cref="CountingProxy"/>.</summary>
internal sealed record RequestCounts
{
    /// <summary>Requests by operation, for instance <c>UpdateItem</c>; retries count, too.</summary>
    public ImmutableDictionary<string, int> Requests { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Requests that were refused since the item was not as the request wanted it.</summary>
    public int FailedConditions { get; init; }

    /// <summary>Write capacity units of table and indexes, as the server reports them.</summary>
    public double WriteUnits { get; init; }

    /// <summary>Read capacity units.</summary>
    public double ReadUnits { get; init; }

    public int Total => Requests.Values.Sum();

    public int Of(string operation) => Requests.GetValueOrDefault(operation);

    public override string ToString() =>
        FormattableString.Invariant($"{string.Join(", ", Requests.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} {pair.Key}"))}; ")
        + FormattableString.Invariant($"{FailedConditions} failed condition(s), {WriteUnits:0.#} write units, {ReadUnits:0.#} read units");
}
