using Amazon;
using Amazon.DynamoDBv2;
using Amazon.Runtime;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>The connections to the table: one client each for looking, for renewing and for claiming and ending.</summary>
/// <remarks>
/// The SDK's retries share one quota for all clients of an endpoint, which about a hundred throttled retries use up. So only a look may be retried by
/// it, and only once; writes are retried by <see cref="TableCalls"/>, which also has to know whether an earlier try may have been stored.
/// </remarks>
internal sealed class TableClients(DynamoDbOptions options) : IDisposable
{
    private readonly Lazy<AmazonDynamoDBClient> _looking = new(() => Create(options, retries: 1));
    private readonly Lazy<AmazonDynamoDBClient> _renewing = new(() => Create(options, retries: 0));
    private readonly Lazy<AmazonDynamoDBClient> _writing = new(() => Create(options, retries: 0));

    public IAmazonDynamoDB Looking => _looking.Value;

    public IAmazonDynamoDB Renewing => _renewing.Value;

    public IAmazonDynamoDB Writing => _writing.Value;

    public void Dispose()
    {
        foreach (var client in new[] { _looking, _renewing, _writing }.Where(client => client.IsValueCreated))
        {
            client.Value.Dispose();
        }
    }

    private static AmazonDynamoDBClient Create(DynamoDbOptions options, int retries)
    {
        var config = new AmazonDynamoDBConfig
        {
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = retries,
            // Counted by the SDK beside its other retries: 10 by default.
            MaxStaleConnectionRetries = retries,
            Timeout = options.Limits.Try,
            ConnectTimeout = options.Limits.Try,
            HttpClientFactory = options.Http,
        };
        if (options.Endpoint is not { } endpoint)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
            return new AmazonDynamoDBClient(config);
        }

        config.ServiceURL = endpoint.ToString();
        config.AuthenticationRegion = options.Region;
        return LocalEndpoint.CredentialsFor(endpoint) is { } credentials ? new AmazonDynamoDBClient(credentials, config) : new AmazonDynamoDBClient(config);
    }
}
