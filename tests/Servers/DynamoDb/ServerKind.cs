namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>The servers that speak DynamoDB's protocol.</summary>
internal enum ServerKind
{
    /// <summary>The default: knows transactions, consumed capacity and what a row was when a condition failed.</summary>
    Dynoxide,

    /// <summary>An independent second one. Does not say what a row was when a condition failed, and knows no transactions.</summary>
    Dynalite,
}
