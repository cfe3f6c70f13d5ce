namespace DelphiRunner.Engine.Stores;

/// <summary>The stores that a host can poll.</summary>
internal enum StoreKind
{
    Sqlite,
    DynamoDb,
}

/// <summary>The section <c>store</c>.</summary>
internal sealed record StoreOptions
{
    /// <summary>Which store: <c>sqlite</c> or <c>dynamodb</c>. Required.</summary>
    public required StoreKind Kind { get; init; }

    /// <summary>SQLite: the database file, relative to the configuration file. Required there.</summary>
    public string? Path { get; init; }

    /// <summary>DynamoDB: the URL of a compatible endpoint. Default: AWS.</summary>
    public string? Endpoint { get; init; }

    /// <summary>DynamoDB: the region. Default: <c>us-east-1</c>.</summary>
    public string? Region { get; init; }

    /// <summary>DynamoDB: the table. Default: <c>Delphi_JobQueue</c>.</summary>
    public string? Table { get; init; }
}
