using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Tells an endpoint on this machine or of a compose file from a real one, and signs for it when nobody gave credentials.</summary>
internal static class LocalEndpoint
{
    // What an emulator takes is any text; only one that nobody could mistake for a real key is made up.
    private const string Dummy = "local";

    private static readonly string[] Sources =
    [
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
    ];

    /// <summary>
    /// A loopback address, <c>localhost</c> and names below it, <c>host.docker.internal</c>, and names without a dot, such as a service of a compose file.
    /// </summary>
    public static bool IsLocal(Uri endpoint) =>
        endpoint.IsLoopback
        || endpoint.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || endpoint.Host.Equals("host.docker.internal", StringComparison.OrdinalIgnoreCase)
        || (!endpoint.Host.Contains('.', StringComparison.Ordinal) && !IPAddress.TryParse(endpoint.DnsSafeHost, out _));

    /// <summary>Dummy credentials for a local endpoint where nothing on this machine names others; null leaves it to the SDK's chain.</summary>
    /// <remarks>The chain itself is not asked: its last link is the metadata service of a cloud machine, for which it waits for seconds elsewhere.</remarks>
    public static AWSCredentials? CredentialsFor(Uri endpoint) => IsLocal(endpoint) && !AreGiven() ? new BasicAWSCredentials(Dummy, Dummy) : null;

    private static bool AreGiven() =>
        (IsSet("AWS_ACCESS_KEY_ID") && IsSet("AWS_SECRET_ACCESS_KEY"))
        || Sources.Any(IsSet)
        || new CredentialProfileStoreChain().TryGetProfile(
            IsSet("AWS_PROFILE") ? Environment.GetEnvironmentVariable("AWS_PROFILE") : "default", out _);

    private static bool IsSet(string variable) => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(variable));
}
