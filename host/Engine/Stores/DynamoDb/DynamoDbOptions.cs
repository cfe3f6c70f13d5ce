using Amazon.Runtime;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Which table, where, and how patiently.</summary>
internal sealed record DynamoDbOptions
{
    public const string DefaultRegion = "us-east-1";
    public const string DefaultTable = "Delphi_JobQueue";

    public const string TableNameRule = "one has 3 to 255 of the characters a-z, A-Z, 0-9, '_', '-' and '.'.";

    /// <summary>The URL of a compatible endpoint, or null for AWS.</summary>
    public Uri? Endpoint { get; init; }

    public string Region { get; init; } = DefaultRegion;

    public string Table { get; init; } = DefaultTable;

    /// <summary>How long a write may take to show in an index; jobs that exclude one another wait so long before they start. Default: 1 s.</summary>
    public TimeSpan IndexLag { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the rows that are processing or wait for a recheck are taken as they were last read: they are few, they carry
    /// logs, and what is done with them is a matter of minutes. Default: 5 s.
    /// </summary>
    public TimeSpan SlowGroupsInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>At most so many index entries are looked at for one group of one poll. Default: 4,096.</summary>
    public int MostEntriesPerPoll { get; init; } = 4096;

    /// <summary>Whether a page of a walk through the whole table is tried again within the limit of a write: nothing comes after a walk that failed.</summary>
    public bool WalksPatiently { get; init; }

    /// <summary>How long one call may take, with all its tries.</summary>
    public CallLimits Limits { get; init; } = new();

    /// <summary>What makes the connections, or null for the SDK's own.</summary>
    public HttpClientFactory? Http { get; init; }

    /// <summary>Takes blank texts as not given.</summary>
    /// <exception cref="StoreException">The endpoint is no URL, or the table no name of one.</exception>
    public static DynamoDbOptions Of(StoreOptions options)
    {
        var endpoint = Given(options.Endpoint);
        Uri? url = null;
        if (endpoint is not null && (!Uri.TryCreate(endpoint, UriKind.Absolute, out url) || url.Scheme is not ("http" or "https")))
        {
            throw new StoreException($"The endpoint '{endpoint}' is no URL. Write it for instance as http://localhost:8000, or leave it out for AWS.");
        }

        var table = Given(options.Table) ?? DefaultTable;
        return IsTableName(table)
            ? new DynamoDbOptions { Endpoint = url, Region = Given(options.Region) ?? DefaultRegion, Table = table }
            : throw new StoreException($"'{table}' is no name of a table: {TableNameRule} Correct it.");
    }

    /// <summary>Tells whether DynamoDB takes a name; it would refuse every request with another.</summary>
    public static bool IsTableName(string name) =>
        name.StartsWith("arn:", StringComparison.Ordinal)
        || (name.Length is >= 3 and <= 255 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.'));

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>How long a call may take, with all its tries, and how long one try of a write.</summary>
internal sealed record CallLimits
{
    /// <summary>A page of an index. The poller tries again by itself, with growing waits.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A renewal; the heartbeat tries again by itself.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>A claim, well below the shortest time that one holds.</summary>
    public TimeSpan Claim { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Any other write. The end of a job is tried again by its recorder for as long as the claim holds.</summary>
    public TimeSpan Write { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>One try of a write, after which its outcome is unknown and it is sent again.</summary>
    public TimeSpan Try { get; init; } = TimeSpan.FromSeconds(4);
}
