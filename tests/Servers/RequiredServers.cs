using DelphiRunner.TestServers.DynamoDb;
using NUnit.Framework;

namespace DelphiRunner.TestServers;

/// <summary>Servers for tests that have no meaning without them.</summary>
internal static class RequiredServers
{
    /// <summary>Starts a server, or skips the test with what to install; in CI, which installs it, the test fails.</summary>
    public static async Task<DynamoDbServer> StartAsync(ServerKind kind)
    {
        try
        {
            return await DynamoDbServer.StartAsync(kind);
        }
        catch (MissingServerException missing) when (!IsInCi)
        {
            Assert.Ignore(missing.Message);
            throw;
        }
    }

    private static bool IsInCi => Environment.GetEnvironmentVariable("CI") is { Length: > 0 } value && value is not ("false" or "0");
}
