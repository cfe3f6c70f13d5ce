using System.Security.Cryptography;
using System.Text;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>The <c>write_id</c> of a write, by which a later try finds out that an earlier one was stored.</summary>
internal static class WriteIds
{
    public static string New() => FreshIds.New().ToString();

    /// <summary>The same for the same end of the same claim, so that it is recognised even when the caller sends it again after a failure.</summary>
    public static string OfEnd(Claim claim, string status, DateTimeOffset at, string content)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', claim.JobId, claim.WorkerId, claim.ClaimId, status, at.UtcTicks, content)));
        return new Guid(hash.AsSpan(0, 16)).ToString();
    }
}
