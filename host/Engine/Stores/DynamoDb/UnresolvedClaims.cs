using System.Collections.Concurrent;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Claims that ended without an answer, so that nobody runs their jobs and perhaps a row is taken. Thread-safe.</summary>
internal sealed class UnresolvedClaims
{
    private readonly ConcurrentDictionary<string, ClaimRequest> _requests = new(StringComparer.Ordinal);

    public IReadOnlyList<ClaimRequest> All => _requests.IsEmpty ? [] : [.. _requests.Values];

    public void Add(ClaimRequest request) => _requests[request.Claim.ClaimId] = request;

    public void Remove(ClaimRequest request) => _requests.TryRemove(request.Claim.ClaimId, out _);
}
