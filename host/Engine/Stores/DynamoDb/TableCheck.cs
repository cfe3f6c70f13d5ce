using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Upkeep;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>Looks a table over by probes, and by its description where that is allowed.</summary>
internal sealed class TableCheck(TableProbes probes, DynamoDbOptions options)
{
    /// <summary>What does not work without an index, and whether anything needs it.</summary>
    private static readonly Dictionary<string, (bool IsNeeded, string Cost)> Indexes = new(StringComparer.Ordinal)
    {
        [RowReads.ByStatus] = (true, "No host and no Python poller finds a job, and exclusive_by keeps nothing apart."),
        [RowReads.ByConversation] = (true, "'jobs list --conversation-id' fails, and so do the existing server's pages of a conversation's jobs."),
        ["JobTypeIndex"] = (false, "Nothing: no program of the deployment and nothing here reads it. Without it every write costs less."),
        ["WorkerStatusIndex"] = (false, "Nothing: no program of the deployment and nothing here reads it. Without it every write costs less."),
    };

    public async Task<IReadOnlyList<StoreCheck>> RunAsync(CancellationToken cancellationToken)
    {
        var (described, description) = await probes.DescribeAsync(cancellationToken);
        if (described.State == ProbeState.NoTable)
        {
            return [NoTable()];
        }

        var checks = new List<StoreCheck>();
        foreach (var (name, needed, cost, probe) in Requests())
        {
            var answer = await probe(cancellationToken);
            if (answer.State == ProbeState.NoTable)
            {
                return [NoTable()];
            }

            checks.Add(OfRequest(name, needed, cost, answer));
        }

        var wanted = TableDefinition.RequestFor(options.Table).GlobalSecondaryIndexes;
        foreach (var index in wanted)
        {
            checks.Add(await OfIndexAsync(index, description, cancellationToken));
        }

        return [OfTable(description, wanted), .. checks, OfDescription(described)];
    }

    private static StoreCheck OfRequest(string name, bool isNeeded, string cost, Probe answer) => new()
    {
        Name = $"permission {name}",
        State = answer.State switch
        {
            ProbeState.Allowed => StoreCheckState.Ok,
            ProbeState.Refused => StoreCheckState.Refused,
            _ => StoreCheckState.Wrong,
        },
        IsNeeded = isNeeded,
        Detail = answer.State switch
        {
            ProbeState.Allowed => "Allowed.",
            ProbeState.Refused => $"Not allowed: {answer.Message}",
            _ => $"The table cannot do it: {answer.Message}",
        },
        Cost = answer.State == ProbeState.Allowed ? "" : cost,
    };

    private static StoreCheck OfDescription(Probe answer) => OfRequest(
        "DescribeTable", isNeeded: false, "Little: billing mode, projections and the state of the indexes are not shown here. The role of the existing deployment does not have it.", answer);

    private static StoreCheck OfTable(TableDescription? description, IReadOnlyList<GlobalSecondaryIndex> wanted)
    {
        if (description is null)
        {
            return new StoreCheck { Name = "table", State = StoreCheckState.Ok, Detail = "It is there." };
        }

        var billing = description.BillingModeSummary?.BillingMode == BillingMode.PAY_PER_REQUEST
            ? "on demand"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"provisioned with {description.ProvisionedThroughput?.ReadCapacityUnits ?? 0} read and {description.ProvisionedThroughput?.WriteCapacityUnits ?? 0} write units");
        var further = (description.GlobalSecondaryIndexes ?? []).Select(index => index.IndexName).Except(wanted.Select(index => index.IndexName)).ToList();
        return new StoreCheck
        {
            Name = "table",
            State = description.TableStatus == TableStatus.ACTIVE || description.TableStatus == TableStatus.UPDATING ? StoreCheckState.Ok : StoreCheckState.Wrong,
            Detail = $"It is {description.TableStatus}, {billing}{(further.Count > 0 ? $"; further indexes: {string.Join(", ", further)}" : "")}.",
            Cost = description.TableStatus == TableStatus.ACTIVE || description.TableStatus == TableStatus.UPDATING ? "" : "Nothing works until it is ACTIVE.",
        };
    }

    private static string KeysOf(IEnumerable<KeySchemaElement> keys) => string.Join(", ", keys.Select(key => $"{key.AttributeName} {key.KeyType}"));

    /// <summary>What a description says against an index, or null.</summary>
    private static string? Difference(GlobalSecondaryIndex wanted, GlobalSecondaryIndexDescription? present)
    {
        if (present is null)
        {
            return null;
        }

        if (KeysOf(present.KeySchema) != KeysOf(wanted.KeySchema))
        {
            return $"Its keys are {KeysOf(present.KeySchema)}, not {KeysOf(wanted.KeySchema)}.";
        }

        if (present.Projection?.ProjectionType != wanted.Projection.ProjectionType)
        {
            return $"Its projection is {present.Projection?.ProjectionType}, not {wanted.Projection.ProjectionType}.";
        }

        return present.IndexStatus == IndexStatus.ACTIVE || present.IndexStatus == IndexStatus.UPDATING || present.IndexStatus is null
            ? null
            : $"It is {present.IndexStatus}.";
    }

    private async Task<StoreCheck> OfIndexAsync(GlobalSecondaryIndex wanted, TableDescription? description, CancellationToken cancellationToken)
    {
        var (isNeeded, cost) = Indexes[wanted.IndexName];
        var present = description?.GlobalSecondaryIndexes?.FirstOrDefault(index => index.IndexName == wanted.IndexName);
        var answer = await probes.QueryAsync(wanted.IndexName, wanted.KeySchema[0].AttributeName, cancellationToken);
        var difference = Difference(wanted, present);
        var (state, detail) = answer.State switch
        {
            ProbeState.Refused => (StoreCheckState.Refused, $"Query is not allowed: {answer.Message}"),
            _ when description is not null && present is null => (StoreCheckState.Missing, "The table has no such index."),
            ProbeState.Impossible when IsMissing(answer.Message) => (StoreCheckState.Missing, "The table has no such index."),
            _ when difference is not null => (StoreCheckState.Wrong, difference),
            ProbeState.Allowed => (StoreCheckState.Ok, $"By {KeysOf(wanted.KeySchema)}{(present is null ? "" : $"; projection {present.Projection?.ProjectionType}")}."),
            _ => (StoreCheckState.Wrong, $"It cannot be read whole: {answer.Message}"),
        };
        return new StoreCheck
        {
            Name = $"index {wanted.IndexName}",
            State = state,
            Detail = detail,
            IsNeeded = isNeeded,
            Cost = state == StoreCheckState.Ok ? "" : cost,
        };
    }

    private static bool IsMissing(string message) => message.Contains("does not have the specified index", StringComparison.OrdinalIgnoreCase);

    private StoreCheck NoTable() => new()
    {
        Name = "table",
        State = StoreCheckState.Missing,
        Detail = $"There is no table '{options.Table}' at {options.Endpoint?.ToString() ?? "AWS"} in {options.Region}, or it is being created. Correct the name, region or endpoint, or create it with 'store init'.",
        Cost = "Nothing works.",
    };

    private IEnumerable<(string Name, bool IsNeeded, string Cost, Func<CancellationToken, Task<Probe>> Probe)> Requests() =>
    [
        ("GetItem", true, "'jobs show' and 'jobs logs' fail, and a host cannot find out what became of a write without an answer.", probes.ReadAsync),
        ("UpdateItem", true, "No host can claim, renew or end a job.", probes.UpdateAsync),
        ("PutItem", true, "'submit' fails, and a job cannot create another, such as the check of a batch.", probes.CreateAsync),
        ("Scan", true, "'jobs list' without a filter fails, the jobs that a job created are not found, so that the check of a batch fails, and nothing is counted or copied.", probes.ScanAsync),
        ("BatchGetItem", false, "Little: lists and copies read their rows one by one instead.", probes.ReadManyAsync),
    ];
}
